package sop

// widthCleans reports whether assigning to a canvas's width sets its origin-clean flag.
func (q quirks) widthCleans(d *Decision) bool { return q.departs(d, WidthCleansCanvas) }
