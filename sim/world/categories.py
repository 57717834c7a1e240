"""Names of tiers, roles, sectors and statuses, in the order of their integer codes."""

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
