package mime_test

import (
	"fmt"

	"github.com/concors/concors/internal/mime"
)

func ExampleParse() {
	t, ok := mime.Parse(`Text/HTML; charset="UTF-8"; charset=gbk; nonsense`)
	fmt.Println(t, ok)
	fmt.Println(t.Essence())
	// Output:
	// text/html;charset=UTF-8 true
	// text/html
}

// The last value counts. It inherits the charset of an earlier value with the same type.
func ExampleExtract() {
	t, _ := mime.Extract([]string{"text/html;charset=gbk", "text/html;x=y"})
	fmt.Println(t)
	// Output:
	// text/html;x=y;charset=gbk
}

func ExampleNosniff() {
	fmt.Println(mime.Nosniff([]string{"NoSniff, other"}))
	fmt.Println(mime.Nosniff([]string{"other", "nosniff"}))
	// Output:
	// true
	// false
}

func ExampleSniffMarkup() {
	fmt.Println(mime.SniffMarkup([]byte(`{"balance": 100}`)))
	fmt.Println(mime.SniffMarkup([]byte("for(;;);[100]")))
	fmt.Println(mime.SniffMarkup([]byte("balance = 100")))
	// Output:
	// JSON
	// a parser breaker
	// unknown
}

func ExampleSniffImage() {
	fmt.Println(mime.SniffImage([]byte("GIF89a...")))
	// Output:
	// image/gif
}

func ExampleSniffAudioVideo() {
	fmt.Println(mime.SniffAudioVideo([]byte("OggS\x00...")))
	// Output:
	// application/ogg
}

func ExampleSniffFont() {
	fmt.Println(mime.SniffFont([]byte("wOF2...")))
	// Output:
	// font/woff2
}

func ExampleCannotBeginScript() {
	fmt.Println(mime.CannotBeginScript([]byte("/* theme */ #id { color: red }")))
	fmt.Println(mime.CannotBeginScript([]byte("/* theme */ var id")))
	// Output:
	// true
	// false
}
