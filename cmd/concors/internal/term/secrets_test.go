package term

import (
	"strings"
	"testing"
)

func TestMaskURLHidesSecretsAndKeepsTheRest(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
	for _, row := range []struct{ name, url, want string }{
		{"nothing secret", "https://api.example/items?page=2&sort=name#top", "https://api.example/items?page=2&sort=name#top"},
		{"a name and password", "https://ada:pw@api.example/", "https://***@api.example/"},
		{"an @ in the path", "https://api.example/@ada", "https://api.example/@ada"},
		{"a token", "https://api.example/?access_token=abc&page=2", "https://api.example/?access_token=***&page=2"},
		{"a key in other spellings", "https://api.example/?apiKey=abc&X-Api-Key=def&api_key=g", "https://api.example/?apiKey=***&X-Api-Key=***&api_key=***"},
		{"parts of a name", "https://api.example/?userToken=a&csrf=b&AWSAccessKeyId=c&SAMLResponse=d&id_token_hint=e", "https://api.example/?userToken=***&csrf=***&AWSAccessKeyId=***&SAMLResponse=***&id_token_hint=***"},
		{"a signed URL", "https://s3.example/f?X-Amz-Signature=abc&X-Amz-Credential=d&X-Amz-Expires=60", "https://s3.example/f?X-Amz-Signature=***&X-Amz-Credential=***&X-Amz-Expires=***"},
		{"a token in the path", "https://api.example/reset/" + token + "/go", "https://api.example/reset/***/go"},
		{"a token under an innocent name", "https://api.example/?x=" + token, "https://api.example/?x=***"},
		{"a long value", "https://api.example/?x=" + strings.Repeat("a1", 20), "https://api.example/?x=***"},
		{"a fragment", "https://app.example/#access_token=abc&state=def", "https://app.example/#access_token=***&state=***"},
		{"names that only contain one", "https://api.example/?monkey=1&keyboard=2&postcode=3", "https://api.example/?monkey=1&keyboard=2&postcode=3"},
		{"no URL", "not a URL", "not a URL"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := MaskURL(row.url); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

func TestMaskURLsFindsThemInAText(t *testing.T) {
	got := MaskURLs("It leads to https://a.example/?token=abc: have the page request https://b.example/x?code=1, and (http://u:p@c.example/).")
	const want = "It leads to https://a.example/?token=*** have the page request https://b.example/x?code=*** and (http://***@c.example/)."
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
