package experiments

// embeds are the experiments with what a page embeds: images, styles, scripts and fonts.
func embeds() []Experiment {
	const (
		css      = ".secret { color: red }"
		thrower  = "throw new TypeError('secret')\n"
		typeCSS  = "Content-Type: text/css"
		typeJS   = "Content-Type: text/javascript"
		drawCode = `const context = document.createElement('canvas').getContext('2d')
context.drawImage(image, 0, 0)
`
		errorCode = `const seen = new Promise((resolve) => addEventListener('error', (e) => {
  if (e instanceof ErrorEvent) resolve(JSON.stringify({ m: e.message, src: e.filename ? 'other' : '', l: e.lineno,
    c: e.colno ? 'n' : e.colno, e: e.error ? '!' + e.error.name : String(e.error) }))
}))
`
	)
	return []Experiment{
		{
			Name: "canvas-tainted", Title: "an image of another site taints a canvas", Unit: "embeds", Page: selfPage,
			Script: script(`const image = new Image()
await load(image, { src: 'http://other.localhost/cat.svg' })
`+drawCode+`await see('getImageData', () => 'readable ' + context.getImageData(8, 8, 1, 1).data[3])
await see('toDataURL', () => context.canvas.toDataURL().slice(0, 5))`,
				"getImageData", "canvas:canvas/tainted/getImageData", "toDataURL", "canvas:canvas/tainted/toDataURL"),
			Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG)),
			Lesson:  "The page may show the image and may not read it. A canvas remembers what was drawn on\nit: one foreign pixel, and nothing can be read from it any more.",
			Change:  "crossorigin on the image, and Access-Control-Allow-Origin in its response.",
			Defence: &Defence{Title: "nothing changes with Access-Control-Allow-Origin alone",
				Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG, allowAny)),
				Lesson:  "The header alone does nothing: without crossorigin the request was not a CORS request,\nand the response counts as unreadable."},
			Quiz: &Quiz{Question: "The server adds Access-Control-Allow-Origin: *. The page does not change. Can the canvas be read?", Right: 1,
				Answers: []string{"yes", "no"}, Because: "The image element must ask with crossorigin. Only then is it a CORS request."},
		},
		{
			Name: "canvas-cors", Title: "the same image with CORS: the canvas stays readable", Unit: "embeds", Page: selfPage,
			Script: script(`const image = new Image()
await load(image, { crossorigin: 'anonymous', src: 'http://other.localhost/cat.svg' })
`+drawCode+`await see('getImageData', () => 'readable ' + context.getImageData(8, 8, 1, 1).data[3])`,
				"getImageData", "canvas:img/cross/crossorigin anonymous/ACAO *"),
			Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG, allowAny)),
			Lesson:  "With crossorigin the image is requested with CORS. The server allows it, so the page may\nread its pixels.",
		},
		{
			Name: "canvas-late-crossorigin", Title: "crossorigin, and a server that does not allow it", Unit: "embeds", Page: selfPage,
			Script: script(`const image = new Image()
await see('the image', () => load(image, { crossorigin: 'anonymous', src: 'http://other.localhost/cat.svg' }))`,
				"the image", "canvas:img/cross/crossorigin anonymous/ACAO null"),
			Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG, "Access-Control-Allow-Origin: null")),
			Lesson:  "The attribute is a promise to ask. If the server refuses, there is no image at all, and\nnot a tainted one.",
		},
		{
			Name: "stylesheet-rules", Title: "a style sheet of another site works and cannot be read", Unit: "embeds", Page: selfPage,
			Script: script(`const link = document.createElement('link')
await load(link, { rel: 'stylesheet', href: 'http://other.localhost/look.css' })
await see('cssRules', () => 'rules ' + link.sheet.cssRules.length)
await see('insertRule', () => link.sheet.insertRule('p { color: red }'))`,
				"cssRules", "styles:css/cross/crossorigin none/ACAO none/cssRules", "insertRule", "styles:css/opaque sheet/insertRule"),
			Servers: at("other.localhost", "/look.css", respond(200, css, typeCSS)),
			Lesson:  "The rules apply to the page, and reading them throws. Early browsers gave null, and\nmuch teaching still says so.",
			Change:  "crossorigin on the link, and Access-Control-Allow-Origin in the response.",
			Myth:    "A foreign style sheet’s cssRules are null.",
		},
		{
			Name: "stylesheet-rules-cors", Title: "the same style sheet with CORS", Unit: "embeds", Page: selfPage,
			Script: script(`const link = document.createElement('link')
await load(link, { rel: 'stylesheet', crossorigin: 'anonymous', href: 'http://other.localhost/look.css' })
await see('cssRules', () => 'rules ' + link.sheet.cssRules.length)`,
				"cssRules", "styles:css/cross/crossorigin anonymous/ACAO */cssRules"),
			Servers: at("other.localhost", "/look.css", respond(200, css, typeCSS, allowAny)),
			Lesson:  "With CORS the page\nmay read every rule.",
		},
		{
			Name: "script-error", Title: "an error in a script of another site: “Script error.”", Unit: "embeds", Page: selfPage,
			Script: script(errorCode+`await load('script', { src: 'http://other.localhost/widget.js' })
await see('the error event', seen)`,
				"the error event", "scripts:script/error throw/cross/crossorigin none/ACAO *"),
			Servers: at("other.localhost", "/widget.js", respond(200, "\n\n"+thrower, typeJS, allowAny)),
			Lesson:  "The page runs the script with its own rights, and still does not learn what went wrong\nin it: a message could contain what the response contains.",
			Change:  "crossorigin on the script element, and Access-Control-Allow-Origin in its response.",
		},
		{
			Name: "script-error-cors", Title: "the same error with crossorigin: message, file and line", Unit: "embeds", Page: selfPage,
			Script: script(errorCode+`await load('script', { crossorigin: 'anonymous', src: 'http://other.localhost/widget.js' })
await see('the error event', seen)`,
				"the error event", "scripts:script/error throw/cross/crossorigin anonymous/ACAO *"),
			Servers: at("other.localhost", "/widget.js", respond(200, "\n\n"+thrower, typeJS, allowAny)),
			Lesson:  "With CORS the script’s errors are the\npage’s own. That is what error reporting needs.",
		},
		{
			Name: "script-source", Title: "can a page read the source of a script of another site?", Unit: "embeds", Page: selfPage,
			Script: runs(`await load('script', { src: 'http://other.localhost/widget.js' })
await see('the source is readable', () => String(greet).includes('secret'))`,
				Sight{Name: "the source is readable", Note: "true: a function’s source is readable by the rules of JavaScript, which know no origins."}),
			Servers: at("other.localhost", "/widget.js", respond(200, "function greet() { return 'secret' }\n", typeJS)),
			Lesson:  "Function.prototype.toString gives the source of each function. So a script must never\ncontain what only one user may know.",
			Myth:    "The source of a foreign script cannot be read.",
		},
		{
			Name: "module-script", Title: "a module of another site needs CORS", Unit: "embeds", Page: selfPage,
			Script: script(`await see('without the header', () => load('script', { type: 'module', src: 'http://other.localhost/without.js' }))
await see('with the header', () => load('script', { type: 'module', src: 'http://other.localhost/with.js' }))`,
				"without the header", "scripts:module/script cross/ACAO none", "with the header", "scripts:module/script cross/ACAO *"),
			Servers: append(at("other.localhost", "/with.js", respond(200, "export {}\n", typeJS, allowAny)),
				at("other.localhost", "/without.js", respond(200, "export {}\n", typeJS))...),
			Lesson: "Modules came after CORS, so they are always requested with it. A classic script of the\nsame URL would run.",
		},
		{
			Name: "corp-image", Title: "Cross-Origin-Resource-Policy hides an image from other sites", Unit: "embeds", Page: selfPage,
			Script: script(`await see('same-site', () => load('img', { src: 'http://other.localhost/same-site.svg' }))
await see('cross-origin', () => load('img', { src: 'http://other.localhost/cross-origin.svg' }))`,
				"same-site", "framing:CORP same-site/img cross", "cross-origin", "framing:CORP cross-origin/img cross"),
			Servers: append(at("other.localhost", "/same-site.svg", respond(200, picture, typeSVG, "Cross-Origin-Resource-Policy: same-site")),
				at("other.localhost", "/cross-origin.svg", respond(200, picture, typeSVG, "Cross-Origin-Resource-Policy: cross-origin"))...),
			Lesson: "CORS allows reading. This header forbids embedding: the response does not reach the\npage’s process.",
		},
	}
}
