"""Record and replay at the cursor of Snowflake's connector, under everything that sits on it.

`codec` says what a request and a response are as trees, `values` what a value is; `driver` and the
module of each major version know the connector's insides; `cursor_seam` patches it.
"""
