package sop

// widthCleans reports whether assigning to a canvas's width sets its origin-clean flag.
func (q quirks) widthCleans(d *Decision) bool { return q.departs(d, WidthCleansCanvas) }

// wrongStyleTypeLoads reports whether a style sheet of another type fires load, although it does
// not apply.
func (q quirks) wrongStyleTypeLoads(d *Decision) bool { return q.departs(d, WrongStyleTypeLoads) }
