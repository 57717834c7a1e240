"""Charts of the page: each a pure function of a result that gives a picture, a sentence and a table of the same."""
