"""What goes wrong: a fault as data, the calls that it strikes, and those that a backend holds.

Pure, as the machine is: what a fault looks like on a face is the face's own.
"""
