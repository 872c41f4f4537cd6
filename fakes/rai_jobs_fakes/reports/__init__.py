"""What happened, as a test reads it: transcript, timeline, explanation, snapshot.

Reports only read: nothing here changes what they tell of.
"""
