package recipe

// nodeStacks are frameworks of Node.
func nodeStacks() []Stack { return nil }
