"""What many homes learn from each other: scrub, choose, keep, send; verify, install, roll back.

Off until somebody of the home agrees. Transitions in, batches out to the service of the fleet; tables of
rewrites back, checked again row by row.
"""
