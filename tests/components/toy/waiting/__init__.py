"""Our own plugin where no cluster answers: everything is as it is, but nothing is waited for or drained."""
