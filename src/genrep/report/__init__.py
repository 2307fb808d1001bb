"""Tables, figures and verdicts as pure functions of committed measurements."""
