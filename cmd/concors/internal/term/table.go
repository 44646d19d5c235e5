package term

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
)

// gap is how many spaces are between two columns of a table.
const gap = 2

// Table lays out rows in columns, without borders, in lines of at most 80 columns.
// The last column is wrapped. The others are as wide as their widest cell, so the
// caller must keep them short. Cells must be Printable.
func Table(indent int, rows [][]string) []string { return tableWithin(Width, indent, rows) }

func tableWithin(width, indent int, rows [][]string) []string {
	if len(rows) == 0 {
		return nil
	}
	last := len(rows[0]) - 1
	room := width - indent
	for column := range last {
		widest := 0
		for _, row := range rows {
			widest = max(widest, Columns(row[column]))
		}
		room -= widest + gap
	}
	t := table.New().Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).
		BorderRight(false).BorderColumn(false).BorderHeader(false).
		StyleFunc(func(_, column int) lipgloss.Style {
			style := lipgloss.NewStyle()
			if column == 0 {
				style = style.PaddingLeft(indent)
			}
			if column < last {
				style = style.PaddingRight(gap)
			}
			return style
		})
	for _, row := range rows {
		row = slices.Clone(row)
		row[last] = strings.Join(Wrap(row[last], room), "\n")
		t.Row(row...)
	}
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
