package cookie_test

import (
	"errors"
	"fmt"

	"github.com/concors/concors/fetch/cookie"
)

func ExampleStore_Set() {
	var store cookie.Store
	api := cookie.Exchange{Scheme: "https", Host: "api.shop.example", Path: "/login"}

	_, err := store.Set(api, "sid=1f2e; HttpOnly; SameSite=None")
	fmt.Println(err)

	var rejected *cookie.RejectedError
	if errors.As(err, &rejected) {
		fmt.Println(rejected.Reason)
	}

	c, err := store.Set(api, "sid=1f2e; HttpOnly; SameSite=None; Secure")
	fmt.Println(c.Name, c.Domain, c.Path, c.SameSite, err)
	// Output:
	// cookie "sid" refused: a cookie with SameSite=None must also have Secure
	// SameSiteNoneInsecure
	// sid api.shop.example / None <nil>
}

func ExampleStore_Header() {
	var store cookie.Store
	api := cookie.Exchange{Scheme: "https", Host: "api.shop.example", Path: "/"}
	for _, line := range []string{"sid=1f2e; Secure; HttpOnly", "theme=dark; Secure; SameSite=None"} {
		if _, err := store.Set(api, line); err != nil {
			fmt.Println(err)
		}
	}

	// A page of another site sends a request to the API with credentials.
	crossSite := api
	crossSite.SameSiteMode = cookie.UnsetOrLess
	crossSite.TopLevelSite, crossSite.ThirdParty = "https://blog.example", true

	value, _, withheld := store.Header(crossSite)
	fmt.Println("Cookie:", value)
	for _, w := range withheld {
		fmt.Println(w.Cookie.Name, "was withheld:", w.Reason)
	}
	// Output:
	// Cookie: theme=dark
	// sid was withheld: SameSiteUnspecifiedTreatedAsLax
}

// A browser that keeps a separate store for each site that a third party is embedded in.
func ExampleRules() {
	store := cookie.Store{Rules: cookie.Rules{
		DefaultSameSite: cookie.SameSiteNone,
		ThirdParty:      cookie.PartitionThirdParty,
	}}
	widget := cookie.Exchange{Scheme: "https", Host: "widget.example", Path: "/",
		SameSiteMode: cookie.UnsetOrLess, TopLevelSite: "https://shop.example", ThirdParty: true}
	c, err := store.Set(widget, "visits=1; Secure")
	fmt.Println(c.PartitionKey, err)

	value, _, _ := store.Header(widget)
	fmt.Printf("under the shop: %q\n", value)
	widget.TopLevelSite = "https://blog.example"
	value, _, _ = store.Header(widget)
	fmt.Printf("under the blog: %q\n", value)
	// Output:
	// https://shop.example <nil>
	// under the shop: "visits=1"
	// under the blog: ""
}

func ExampleStore_All() {
	var store cookie.Store
	site := cookie.Exchange{Scheme: "https", Host: "shop.example", Path: "/"}
	for _, line := range []string{"theme=dark", "sid=1f2e; HttpOnly", "theme=; Max-Age=0"} {
		if _, err := store.Set(site, line); err != nil {
			fmt.Println(err)
		}
	}
	for _, c := range store.All() {
		fmt.Println(c.Name, c.Value)
	}
	store.Clear()
	fmt.Println(len(store.All()))
	// Output:
	// sid 1f2e
	// 0
}

func ExampleReasons() {
	fmt.Println(cookie.Reasons()[0])
	fmt.Println(cookie.ReasonSecureOnly.Explanation())
	// Output:
	// DisallowedCharacter
	// The cookie is Secure, and the URL is not https.
}
