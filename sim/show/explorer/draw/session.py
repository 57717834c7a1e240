"""What a window remembers between two runs of the page: the state, the answer to it, and the address."""

import streamlit as st

from sim.show.explorer.state import from_query, to_query

REMEMBERED = 200  # addresses of its own that a window knows again


def state():
    """The state of this window; at first, and when somebody opens another address in it, that of the address."""
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    own = st.session_state.setdefault("addresses", [])
    if "state" not in st.session_state or (asked not in own and asked):
        st.session_state.state, problems = from_query(asked)
        st.session_state.problems = problems
        own.append(asked)
    return st.session_state.state


def change(new):
    """Put the window into another state; the page is about to run again."""
    st.session_state.state = new


def write_address(now):
    """Let the address say the state, so that a copied link reopens it."""
    query, own = to_query(now), st.session_state.addresses
    if not own or own[-1] != query:
        own.append(query)
        del own[:-REMEMBERED]
        st.query_params.from_dict(query)


def problems():
    """What in the address could not be used: list of str."""
    return st.session_state.get("problems", [])


def put(key, value):
    """Let a widget stand at a value, unless it does: what the user is moving at this moment is not pulled back."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def is_dark():
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def current():
    """The state, inside a callback."""
    return st.session_state.state
