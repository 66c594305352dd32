"""Drift: what is in the cloud is not what the stack's state, its file and the program say.

`run.look` asks the cloud by one preview of the engine and gives a `model.Drift`; `issue` says it on GitLab, in one
issue a stack, and closes it when the stack is clean again. Nothing of it changes the stack, and it takes no lock.
"""
