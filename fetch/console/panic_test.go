package console
import "testing"
func TestRowsHaveHeads(t *testing.T) {
	for _, r := range rows() {
		if len(r.elements) == 0 || r.elements[0].literal == "" || len(r.elements[0].literal) < 2 {
			t.Errorf("%+v", *r)
		}
	}
	t.Log(len(rows()))
}
