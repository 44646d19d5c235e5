package secret

import (
	"reflect"
	"slices"
	"strings"
)

// Copy returns a copy of a report, such as a struct with slices of structs, without
// the secrets in it. What it finds in one place is masked in all. A struct with a Name
// or Header and a Value is taken for a header, and one with Before, Wrong and After for a
// line in three parts; all other strings are texts. Fields
// that are not exported stay as they are.
func Copy[T any](m *Masker, report T) T {
	v := reflect.ValueOf(&report).Elem()
	m.copyOf(v) // collects
	m.finish()
	return m.copyOf(v).Interface().(T)
}

func (m *Masker) copyOf(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		masked := reflect.New(v.Type()).Elem()
		masked.SetString(m.Text(v.String()))
		return masked
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(m.copyOf(v.Elem()))
		return p
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(m.copyOf(v.Index(i)))
		}
		return s
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeMapWithSize(v.Type(), v.Len())
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			c.SetMapIndex(key, m.copyOf(v.MapIndex(key)))
		}
		return c
	case reflect.Struct:
		return m.copyOfStruct(v)
	}
	return v
}

func (m *Masker) copyOfStruct(v reflect.Value) reflect.Value {
	s := reflect.New(v.Type()).Elem()
	s.Set(v)
	if parts := []reflect.Value{s.FieldByName("Before"), s.FieldByName("Wrong"), s.FieldByName("After")}; !slices.ContainsFunc(parts,
		func(f reflect.Value) bool { return !f.IsValid() || f.Kind() != reflect.String || !f.CanSet() }) {
		before, wrong, after := m.line(parts[0].String(), parts[1].String(), parts[2].String())
		parts[0].SetString(before)
		parts[1].SetString(wrong)
		parts[2].SetString(after)
		return s
	}
	header := ""
	for _, name := range []string{"Name", "Header"} {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
			header = f.String()
		}
	}
	for i := range v.NumField() {
		field, name := s.Field(i), v.Type().Field(i).Name
		if !field.CanSet() {
			continue
		}
		value := field
		if value.Kind() == reflect.Pointer && !value.IsNil() {
			value = value.Elem()
		}
		if name != "Value" || header == "" || value.Kind() != reflect.String {
			field.Set(m.copyOf(field))
			continue
		}
		masked := reflect.New(value.Type())
		masked.Elem().SetString(m.Header(header, value.String()))
		if field.Kind() == reflect.Pointer {
			field.Set(masked)
		} else {
			field.Set(masked.Elem())
		}
	}
	return s
}

// line masks a line in three parts, between which a secret may be divided.
func (m *Masker) line(before, wrong, after string) (string, string, string) {
	whole := m.Text(before + wrong + after)
	if whole == before+wrong+after {
		return before, wrong, after
	}
	if b, w, a := m.Text(before), m.Text(wrong), m.Text(after); b+w+a == whole {
		return b, w, a
	}
	// What is not masked at either end stays there.
	n := 0
	for n < min(len(before), len(whole)) && before[n] == whole[n] {
		n++
	}
	end := 0
	for end < min(len(after), len(whole)-n) && after[len(after)-1-end] == whole[len(whole)-1-end] {
		end++
	}
	return whole[:n], whole[n : len(whole)-end], whole[len(whole)-end:]
}
