"""What a change would do to a stack: one preview by the engine, and what is written of it on a merge request.

`run.preview` asks the engine and gives a `model.Preview`; `words` says it as an operator would; `note`, `widget`,
`diff` and `terminal` show it. Nothing of it changes the stack, its file or its state, and it takes no lock.
"""
