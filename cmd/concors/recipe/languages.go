package recipe

// otherLanguages are frameworks of other languages than Go and JavaScript.
func otherLanguages() []Stack { return nil }
