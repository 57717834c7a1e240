"""Themes of scenarios, by their first lever: what a list of them is grouped by."""

from sim.scenario.policies import Scenario

THEMES = {  # theme -> how the paths of its levers read
    "Visas and permits": (".route.", ".settlement", ".naturalisation", ".family_rights"),
    "Taxes": (".tax.",),
    "Borders": (".is_closed", ".free_entry", ".bars.", ".return"),
    "Compute": (".compute.",),
    "Studies and supply": (".supply.",),
    "Places and remote work": ("hub.", ".openings", ".remote"),
    "Sectors, skills and pay": ("sector.", "tier.", "role."),
    "Baseline": (),
}


def theme(scenario: Scenario) -> str:
    """Return the theme of a scenario, one of ``THEMES``."""
    for policy in scenario.policies[:1]:
        if policy.lever.startswith("sector.") and not policy.lever.endswith(".remote"):
            return "Sectors, skills and pay"
        return next(name for name, parts in THEMES.items() if any(part in policy.lever for part in parts))
    return "Baseline"
