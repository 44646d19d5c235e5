package term

import "strings"

// gap is how many spaces are between two columns of a table.
const gap = 2

// table lays out rows in columns, without borders, in lines of at most width columns.
// The last column is wrapped. The others are as wide as their widest cell, so the
// caller must keep them short. Cells must be Printable.
func table(width, indent int, rows [][]string) []string {
	if len(rows) == 0 {
		return nil
	}
	last := len(rows[0]) - 1
	widths, room := make([]int, last), width-indent
	for column := range last {
		for _, row := range rows {
			widths[column] = max(widths[column], Columns(row[column]))
		}
		room -= widths[column] + gap
	}
	var lines []string
	for _, row := range rows {
		wrapped := Wrap(row[last], room)
		for i := range max(len(wrapped), 1) {
			line := strings.Repeat(" ", indent)
			for column, widest := range widths {
				cell := ""
				if i == 0 {
					cell = row[column]
				}
				line += Pad(cell, widest+gap)
			}
			if i < len(wrapped) {
				line += wrapped[i]
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
	}
	return lines
}
