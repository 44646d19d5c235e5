package check

import (
	"fmt"
	"net/url"
	"strings"
)

// The SVG drawing's measures, in CSS pixels. The letters are of a monospaced
// font of 12px, which is at most 7.3px wide.
const (
	svgPage    = 12
	svgBrowser = 190
	svgServer  = 636
	svgWidth   = svgServer + 12
	svgLine    = 17
	svgLetters = 55 // between browser and server
)

// A drawnSVG is a sequence with everything in its place, for the template.
type drawnSVG struct {
	Height                           int
	Top                              int // where the life lines begin
	PageLane, BrowserLane, Lane, End int
	Page, Browser, Server            string
	Description                      string
	Texts                            []svgText
	Bands                            []svgBand
	Arrows                           []svgArrow
	Stops                            []int // the heights of the crosses
}

type svgText struct {
	X, Y        int
	Class       string
	Name, Value string // a header's name stands out
}

// A svgBand is what lies behind a line that decided.
type svgBand struct{ X, Y, Width, Height int }

type svgArrow struct {
	From, To, Y int
	Head        string // the points of its head
	Class       string
}

// drawSVG puts a result's sequence in its place.
func drawSVG(r *Report, result *Result) *drawnSVG {
	d := &drawnSVG{Top: 48, PageLane: svgPage, BrowserLane: svgBrowser, Lane: svgServer, End: svgWidth,
		Page: shorten(ascii(r.Page.Origin), 23), Browser: ascii(browserName(result))}
	if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
		d.Server = shorten(ascii(u.Scheme+"://"+u.Host), 40)
	}
	y := d.Top + 6
	var told []string
	for _, e := range sequenceOf(r, result) {
		y = d.event(e, y)
		told = append(told, e.sentence())
	}
	d.Height = y + 10
	d.Description = strings.Join(told, " ")
	return d
}

// sentence tells an event to who cannot see the drawing.
func (e event) sentence() string {
	var parts []string
	for _, line := range e.lines {
		if line.header.Name != "" {
			parts = append(parts, bounded(line.header.Name+": "+line.header.Value))
		} else {
			parts = append(parts, bounded(line.text))
		}
	}
	text := bounded(e.text)
	if e.number > 0 {
		text = fmt.Sprintf("%d. %s", e.number, text)
	}
	if len(parts) > 0 {
		text += " " + strings.Join(parts, "; ")
	}
	return sentence(text)
}

func (d *drawnSVG) text(x int, y *int, class, name, value string) {
	*y += svgLine
	d.Texts = append(d.Texts, svgText{x, *y, class, name, value})
}

func (d *drawnSVG) arrow(from, to int, y *int, class string) {
	*y += 10
	back := 9
	if to < from {
		back = -back
	}
	d.Arrows = append(d.Arrows, svgArrow{from, to - back/2, *y, fmt.Sprintf("%d,%d %d,%d %d,%d", to, *y, to-back, *y-4, to-back, *y+4), class})
	*y += 6
}

func (d *drawnSVG) event(e event, y int) int {
	const pageX, wireX, indent = svgPage + 12, svgBrowser + 14, 14
	title := fmt.Sprintf("%d %s", e.number, e.text)
	switch e.kind {
	case pageAsks, pageGets:
		class := ""
		if e.kind == pageGets {
			if class = "bad"; e.good {
				class = "good"
			}
			d.arrow(svgBrowser, svgPage, &y, class)
		}
		d.text(pageX, &y, "title "+class, "", title)
		for _, line := range e.lines {
			d.text(pageX+indent, &y, class, "", shorten(ascii(line.text), 20))
		}
		if e.kind == pageAsks {
			d.arrow(svgPage, svgBrowser, &y, class)
		}
	case browserNotes, browserStops:
		class := "note"
		if e.kind == browserStops {
			class = "bad title"
			d.Stops = append(d.Stops, y+svgLine-4)
		}
		for i, line := range wrap(ascii(e.text), svgLetters-4) {
			d.text(wireX+min(i, 1)*indent, &y, class, "", line)
		}
		y += 4
	default:
		d.text(wireX, &y, "title", "", title)
		for _, line := range e.lines {
			d.detail(line, wireX+indent, &y)
		}
		switch {
		case e.arrow && e.kind == browserSends:
			d.arrow(svgBrowser, svgServer, &y, "")
		case e.arrow:
			d.arrow(svgServer, svgBrowser, &y, "")
		}
	}
	return y + 2
}

// detail puts a line below its message. What decided has a band behind it and a
// mark before it: no meaning hangs on the colour alone.
func (d *drawnSVG) detail(line detail, x int, y *int) {
	const room = svgLetters - 3
	start, class := *y, ""
	if line.decisive {
		class = "bad"
		d.Texts = append(d.Texts, svgText{x - 12, *y + svgLine, "bad title", "", "!"})
	}
	name, value := ascii(line.header.Name), ascii(line.header.Value)
	switch {
	case line.remark:
		for _, part := range wrap("("+bounded(line.text)+")", room) {
			d.text(x, y, "note", "", part)
		}
	case name == "":
		d.text(x, y, class, "", shorten(ascii(line.text), room))
	case len(name)+2+len(value) <= room:
		d.text(x, y, class, name+":", value)
	default:
		d.text(x, y, class, shorten(name, room-1)+":", "")
		for _, part := range wrap(shorten(value, 3*(room-2)), room-2) {
			d.text(x+14, y, class, "", part)
		}
	}
	if line.decisive {
		d.Bands = append(d.Bands, svgBand{svgBrowser + 4, start + 4, svgServer - svgBrowser - 8, *y - start + 1})
	}
}
