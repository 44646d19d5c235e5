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

// Of several types the last counts, but a charset outlives a line that repeats the type.
func ExampleExtract() {
	t, _ := mime.Extract([]string{"text/html;charset=gbk", "text/html;x=y"})
	fmt.Println(t)
	// Output:
	// text/html;x=y;charset=gbk
}

func ExampleNosniff() {
	fmt.Println(mime.Nosniff([]string{"NoSniff, whatever"}))
	fmt.Println(mime.Nosniff([]string{"whatever", "nosniff"}))
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
	// nothing known
}

func ExampleSniffImage() {
	fmt.Println(mime.SniffImage([]byte("GIF89a...")))
	// Output:
	// image/gif
}
