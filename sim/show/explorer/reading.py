"""What the right of the page says of an answer, as plain texts: which one it is, how sure, what it rests on."""

from sim.errors import ResultError
from sim.results.effects import agreement_needed, effect, summarise
from sim.results.narrative import engineers, number_of
from sim.results.sweep import beside
from sim.study.attribution import channel_of

PRIOR = {
    "compute": "Driven by an assumption: this works through compute, whose pull (b_compute, grade D) has no causal "
    "evidence. Another belief gives another answer; try one under Assumptions.",
}
RETURNEES = (
    "Known gap: returning home by choice hardly happens in the fitted model, so relief for returnees moves "
    "almost nobody. Not a finding."
)


def which(told, title):
    """Which answer is shown: ``Settled: 20 pairs of 20,000 engineers each``, or that it is a first rough one."""
    record = told.result.record
    size = f"{number_of(told.done, 'pair')} of {engineers(record)}"
    if told.is_complete:
        return f"Settled answer: {size}, {record['years']} years, seed {record['seed']}. {title}"
    return f"First rough answer: {size} so far, of {number_of(told.total, 'pair')} asked for. {title}"


def sign_certainty(result):
    """How many hubs have an effect whose direction this run settles.

    Returns
    -------
    str
    """
    found = summarise(effect(result, "share"))
    pairs = found.attrs["pairs"]
    if pairs == 1:
        return "A single pair says nothing about how sure the direction is."
    differs = found.differs.values > 0
    if not differs.any():
        return "No pair differs."
    needed = agreement_needed(pairs, len(differs))
    sure = (found.same_sign.values >= needed) & differs
    return (
        f"The direction is settled (at least {needed} of {number_of(pairs, 'pair')} agree) for {sure.sum()} of "
        f"{len(sure)} hubs; for the others more pairs may settle it, or nothing does."
    )


def warnings(result, scenario, beliefs=()):
    """What a reader must know before trusting the answer: list of str.

    Parameters
    ----------
    result : Result of one scenario
    scenario : Scenario
    beliefs : of the state: assumptions that the user holds
    """
    said = list(result.record["warnings"])
    if beliefs:
        named = ", ".join(f"{name} = {value:g}" for name, value in beliefs)
        said.append(f"Yours: this answer rests on your own assumptions ({named}), not on talentflow's.")
    channels = {channel_of(policy) for policy in scenario.policies}
    said += [PRIOR[channel] for channel in PRIOR if channel in channels]
    if any(policy.levers[0].field.startswith("returnee_") for policy in scenario.policies):
        said.append(RETURNEES)
    return said


def swept(record, out):
    """What a finished sweep of the same scenario in the folder ``out`` says it rests on: list of str."""
    try:
        found = beside(record, out)
    except (ResultError, OSError):
        return []
    return found["sentences"] if found else []
