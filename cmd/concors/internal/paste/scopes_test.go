package paste

import (
	"strings"
	"testing"
)

// A constant counts only where its name means it.
func TestConstantIsNotAnotherVariable(t *testing.T) {
	const url = "const url = 'https://api.example/a'\n"
	for _, row := range []struct{ name, text, problem string }{
		{"a parameter of a function", url + "function get(url) { return fetch(url) }\nget(other)", "line 2, column 14"},
		{"a parameter of a function expression", url + "x(function (a, url) {\n  return fetch(url)\n})", "line 2, column 16"},
		{"a parameter of a method", "const url = 'https://api.example/a'\nclass A { get(url) { return fetch(url) } }", "line 2, column 15"},
		{"a parameter of a method of an object", url + "const a = { async get(url) { return fetch(url) } }", "line 2, column 23"},
		{"a parameter of an arrow function", url + "const get = (url) => fetch(url)", "line 2, column 14"},
		{"a parameter without brackets", url + "const get = url => fetch(url)", "line 2, column 13"},
		{"a parameter of an arrow function with a block", url + "const get = async (url, x = 1) => {\n  await fetch(url)\n}", "line 2, column 20"},
		{"a parameter with a type", url + "async function get(url: string): Promise<Response> { return fetch(url) }", "line 2, column 20"},
		{"a parameter of an arrow function with types", url + "const get = (url: string): Promise<Response> => fetch(url)", "line 2, column 14"},
		{"a parameter that is taken apart", url + "function get({ url }) { return fetch(url) }", "line 2, column 16"},
		{"a rest parameter", url + "const get = (...url) => fetch(url)", "line 2, column 17"},
		{"the variable of a loop", url + "for (const url of urls) { fetch(url) }", "line 2, column 12"},
		{"the variable of a catch", url + "try { x() } catch (url) { fetch(url) }", "line 2, column 20"},
		{"a variable of the block", url + "{ let url = get()\n  fetch(url) }", "line 2, column 7"},
		{"a variable after another", url + "function f() { let a = 1, url = get()\n  fetch(url) }", "line 2, column 27"},
		{"a variable of the function, in brackets", url + "function f() { const { url } = x\n  fetch(url) }", "line 2, column 24"},
		{"a variable of the function, in square brackets", url + "function f() { var [url] = x\n  fetch(url) }", "line 2, column 21"},
		{"a block that has ended", "function f() { " + url + "}\nfetch(url)", "line 1, column 22"},
		{"the options, a parameter", "const o = { method: 'PUT' }\nfunction put(o) { return fetch('https://api.example/a', o) }", "line 2, column 14"},
		{"a shorthand, a parameter", "const method = 'PUT'\nfunction put(method) { return fetch('https://api.example/a', { method }) }", "line 2, column 14"},

		{"a parameter of another function", url + "function other(url) { return url + 1 }\nfetch(url)", ""},
		{"a parameter of another arrow function", url + "const other = url => url + 1\nconst b = (url) => { return url }\nfetch(url)", ""},
		{"a parameter of a function that has ended", url + "list.map(url => url.name, 1)\nfetch(url)", ""},
		{"a property of that name", url + "const x = { url: 1, b: { url } }\nfetch(url).then(r => r.url)", ""},
		{"a key in a pattern of another block", url + "function f({ url }) { return url }\nfetch(url)", ""},
		{"a function around both", "async function main() {\n  const url = 'https://api.example/a'\n  const r = await fetch(url)\n}\nmain()", ""},
		{"a constant outside, a call inside", url + "async function main(a, b) {\n  if (a) { await fetch(url) }\n}", ""},
		{"a condition", url + "if (url) { fetch(url) }", ""},
		{"a value that is chosen", url + "const a = b ? c(url) : d\nfetch(url)", ""},
		{"a call in a callback", url + "button.onclick = async (event) => { await fetch(url) }", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := Read(row.text)
			switch {
			case row.problem == "" && err != nil:
				t.Error(err)
			case row.problem == "" && p.Question.URL != "https://api.example/a":
				t.Errorf("read as %s", p.Question.URL)
			case row.problem != "" && (err == nil || !strings.Contains(err.Error(), row.problem)):
				t.Errorf("error %v, want one about %s", err, row.problem)
			}
		})
	}
}

// Reading scopes takes time in proportion to the text.
func TestScopesAreReadInLinearTime(t *testing.T) {
	for _, part := range []string{"(a", "a=>", "(a)=>{", "{let a,b;", "({a:[", "for(let a of ", ")", "let {a}=b\n", "a=>(", "\n \n"} {
		text := strings.Repeat(part, 10_000)
		if n := len(bindingsOf(text)); n > len(text) {
			t.Errorf("%q: %d bindings", part, n)
		}
	}
}
