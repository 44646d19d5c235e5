package stacks

import (
	"slices"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// alsoKnown maps what people call a server or framework, or what they run it with, to
// the stack that is meant. Find suggests the stack. A name of a stack that exists is
// never looked up here.
var alsoKnown = map[string]string{
	"httpd": "apache", "apache2": "apache", "htaccess": "apache", "xampp": "apache", "mamp": "apache",
	"dotnet": "aspnet", ".net": "aspnet", "asp": "aspnet", "aspnetcore": "aspnet", "kestrel": "aspnet", "csharp": "aspnet", "c#": "aspnet",
	"apigateway": "aws-api-gateway", "api-gateway": "aws-api-gateway", "lambda": "aws-api-gateway", "serverless": "aws-api-gateway",
	"aws": "aws-api-gateway", "sam": "aws-api-gateway", "cloudfront": "aws-cloudfront", "function-url": "aws-lambda-url",
	"azure": "azure-app-service", "azure-functions": "azure-app-service", "app-service": "azure-app-service",
	"cloudflare": "cloudflare-workers", "wrangler": "cloudflare-workers", "workerd": "cloudflare-workers",
	"firebase": "firebase-functions", "gcs": "google-cloud-storage", "cloud-storage": "google-cloud-storage",
	"ruby": "rails", "rack": "rails", "rack-cors": "rails", "sinatra": "rails", "php-cors": "laravel", "nelmio": "symfony", "nelmio-cors-bundle": "symfony",
	"s3": "aws-s3", "bucket": "aws-s3", "minio": "aws-s3",
	"actix-web": "actix", "actix-cors": "actix", "rust": "axum", "tower": "axum", "tower-http": "axum", "caddyserver": "caddy", "caddyfile": "caddy",
	"python": "django", "drf": "django", "django-cors-headers": "django", "django-rest-framework": "django",
	"flask-cors": "flask", "werkzeug": "flask", "labstack": "echo",
	"istio": "envoy", "contour": "envoy",
	"node": "express", "nodejs": "express", "node.js": "express", "npm": "express", "expressjs": "express", "javascript": "express",
	"js": "express", "typescript": "express",
	"@fastify/cors": "fastify", "bun": "hono",
	"gatewayapi": "gateway-api", "httproute": "gateway-api", "kubernetes-gateway": "gateway-api",
	"k8s": "ingress-nginx", "kubernetes": "ingress-nginx", "ingress": "ingress-nginx", "nginx-ingress": "ingress-nginx", "helm": "ingress-nginx",
	"gin-gonic": "gin", "gonic": "gin", "ha-proxy": "haproxy",
	"go": "net-http", "golang": "net-http", "http": "net-http", "mux": "net-http", "stdlib": "net-http",
	"next.js": "next", "nextjs": "next", "openresty": "nginx", "nginx-proxy-manager": "nginx", "tengine": "nginx",
	"wordpress": "php", "php-fpm": "php",
	"spring-boot": "spring", "springboot": "spring", "java": "spring", "kotlin": "spring", "spring-security": "spring",
	"crossorigin": "spring-annotation", "@crossorigin": "spring-annotation", "webmvc": "spring-mvc", "webmvcconfigurer": "spring-mvc",
	"servlet": "tomcat", "catalina": "tomcat", "jakarta": "tomcat", "k3s": "traefik",
	"vitejs": "vite", "react": "vite", "vue": "vite", "svelte": "vite",
}

// Choice is the flag --for, for recipes of policies.
func Choice() cli.Choice {
	return cli.Choice{Flag: "--for", Values: names(append(All(), Shorts()...)), Also: alsoKnown, List: "concors recipe --list prints the recipes that exist"}
}

// AliasChoice is the flag --for, for recipes of aliases.
func AliasChoice() cli.Choice {
	return cli.Choice{Flag: "--for", Values: names(Aliases()), Also: alsoKnown}
}

// SecretChoice is the flag --for, for recipes of routes with a secret.
func SecretChoice() cli.Choice {
	return cli.Choice{Flag: "--for", Values: names(Secrets()), Also: alsoKnown}
}

func names(stacks []recipe.Stack) (list []string) {
	for _, s := range stacks {
		if !slices.Contains(list, s.Name) { // a stack and its short form have one name
			list = append(list, s.Name)
		}
	}
	slices.Sort(list)
	return list
}

// unknown returns the error for a name that no stack has.
func unknown(c cli.Choice, name string) error {
	if as, _ := request.Browser(name); request.IsBrowser(as) && len(cli.Nearest(name, c.Values, nil)) == 0 {
		return cli.Usage("--for "+term.Quote(name)+": that is a browser, and --for takes a server or framework",
			"write --as "+term.Bounded(name)+" with concors check; concors recipe --list prints the servers")
	}
	return c.Unknown(name)
}
