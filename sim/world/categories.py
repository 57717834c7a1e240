"""Names of the kinds of people and work, in the order of their codes, declared here once."""

TIERS = ("expert", "practitioner", "entry")
ROLES = (
    "research_scientist",
    "research_engineer",
    "ml_engineer",
    "ml_infrastructure_engineer",
    "applied_ai_engineer",
)
SECTORS = (
    "frontier_lab",
    "big_tech",
    "startup",
    "sovereign_lab",
    "robotics",
    "cloud_saas",
    "traditional",
    "academia",
)
STATUSES = ("citizen", "permanent", "temporary", "student", "opt", "stem_opt")
