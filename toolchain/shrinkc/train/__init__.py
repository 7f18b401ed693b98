"""Training of the recognisers in the zoo with Keras: frame labels first, then CTC.

Repeatable, and resumes after a kill.
"""
