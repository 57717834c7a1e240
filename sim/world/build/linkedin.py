"""What other people's data say of the same countries, for the tests of the model."""

from sim.world.build.source_files import Row, source


def ai_skill_migration() -> list[Row]:
    """ai_skill_migration.csv: net migration of LinkedIn members with AI skills, per 10,000 of them."""
    return [
        {"economy": row["country"].lower(), "name": row["name"]}
        | {f"net_{year}": row[f"net_{year}"] for year in (2015, 2016, 2017)}
        | {
            "source": "World Bank Group and LinkedIn, Digital Data for Development, "
            "skill group Artificial Intelligence",
            "grade": "B",
        }
        for row in source("linkedin_ai_skill")
    ]
