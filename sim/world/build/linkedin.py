"""Build tables of published data that the model is compared with."""

from sim.world.build.source_files import Row, source


def ai_skill_migration() -> list[Row]:
    """Build ai_skill_migration.csv: net migration of LinkedIn members with AI skills, per 10,000 of them."""
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
