// Package stacks lists the servers and frameworks that recipes are written for. Each
// has one folder, named as --for takes it, with everything about it: its templates,
// its limits, how its responses can be recognized, and the version that it was tested
// with.
//
// To add one, write its folder and add it to [All]; to have it tested, add it to the
// servers in the module integration, or to the readers in readers_test.go if it can't
// be run there. Then run go test -update in this folder.
package stacks

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/stacks/actix"
	"github.com/concors/concors/cmd/concors/internal/stacks/angular"
	"github.com/concors/concors/cmd/concors/internal/stacks/apache"
	"github.com/concors/concors/cmd/concors/internal/stacks/aspnet"
	awsapigateway "github.com/concors/concors/cmd/concors/internal/stacks/aws-api-gateway"
	awsapigatewayrest "github.com/concors/concors/cmd/concors/internal/stacks/aws-api-gateway-rest"
	awscloudfront "github.com/concors/concors/cmd/concors/internal/stacks/aws-cloudfront"
	awslambdaurl "github.com/concors/concors/cmd/concors/internal/stacks/aws-lambda-url"
	awss3 "github.com/concors/concors/cmd/concors/internal/stacks/aws-s3"
	"github.com/concors/concors/cmd/concors/internal/stacks/axum"
	azureappservice "github.com/concors/concors/cmd/concors/internal/stacks/azure-app-service"
	"github.com/concors/concors/cmd/concors/internal/stacks/caddy"
	"github.com/concors/concors/cmd/concors/internal/stacks/chi"
	cloudflareworkers "github.com/concors/concors/cmd/concors/internal/stacks/cloudflare-workers"
	"github.com/concors/concors/cmd/concors/internal/stacks/deno"
	"github.com/concors/concors/cmd/concors/internal/stacks/django"
	"github.com/concors/concors/cmd/concors/internal/stacks/echo"
	"github.com/concors/concors/cmd/concors/internal/stacks/envoy"
	"github.com/concors/concors/cmd/concors/internal/stacks/express"
	"github.com/concors/concors/cmd/concors/internal/stacks/fastapi"
	"github.com/concors/concors/cmd/concors/internal/stacks/fastify"
	"github.com/concors/concors/cmd/concors/internal/stacks/fiber"
	firebasefunctions "github.com/concors/concors/cmd/concors/internal/stacks/firebase-functions"
	firebasehosting "github.com/concors/concors/cmd/concors/internal/stacks/firebase-hosting"
	"github.com/concors/concors/cmd/concors/internal/stacks/flask"
	gatewayapi "github.com/concors/concors/cmd/concors/internal/stacks/gateway-api"
	"github.com/concors/concors/cmd/concors/internal/stacks/gin"
	googlecloudstorage "github.com/concors/concors/cmd/concors/internal/stacks/google-cloud-storage"
	"github.com/concors/concors/cmd/concors/internal/stacks/gorilla"
	"github.com/concors/concors/cmd/concors/internal/stacks/haproxy"
	"github.com/concors/concors/cmd/concors/internal/stacks/hono"
	ingressnginx "github.com/concors/concors/cmd/concors/internal/stacks/ingress-nginx"
	"github.com/concors/concors/cmd/concors/internal/stacks/koa"
	"github.com/concors/concors/cmd/concors/internal/stacks/kong"
	"github.com/concors/concors/cmd/concors/internal/stacks/ktor"
	"github.com/concors/concors/cmd/concors/internal/stacks/laravel"
	"github.com/concors/concors/cmd/concors/internal/stacks/meteor"
	"github.com/concors/concors/cmd/concors/internal/stacks/micronaut"
	"github.com/concors/concors/cmd/concors/internal/stacks/nestjs"
	nethttp "github.com/concors/concors/cmd/concors/internal/stacks/net-http"
	"github.com/concors/concors/cmd/concors/internal/stacks/netlify"
	netlifyfunctions "github.com/concors/concors/cmd/concors/internal/stacks/netlify-functions"
	"github.com/concors/concors/cmd/concors/internal/stacks/next"
	"github.com/concors/concors/cmd/concors/internal/stacks/nginx"
	"github.com/concors/concors/cmd/concors/internal/stacks/nuxt"
	"github.com/concors/concors/cmd/concors/internal/stacks/php"
	"github.com/concors/concors/cmd/concors/internal/stacks/quarkus"
	"github.com/concors/concors/cmd/concors/internal/stacks/rails"
	rscors "github.com/concors/concors/cmd/concors/internal/stacks/rs-cors"
	socketio "github.com/concors/concors/cmd/concors/internal/stacks/socket.io"
	"github.com/concors/concors/cmd/concors/internal/stacks/spring"
	springannotation "github.com/concors/concors/cmd/concors/internal/stacks/spring-annotation"
	springmvc "github.com/concors/concors/cmd/concors/internal/stacks/spring-mvc"
	"github.com/concors/concors/cmd/concors/internal/stacks/supabase"
	"github.com/concors/concors/cmd/concors/internal/stacks/sveltekit"
	"github.com/concors/concors/cmd/concors/internal/stacks/symfony"
	"github.com/concors/concors/cmd/concors/internal/stacks/tomcat"
	"github.com/concors/concors/cmd/concors/internal/stacks/traefik"
	"github.com/concors/concors/cmd/concors/internal/stacks/vercel"
	"github.com/concors/concors/cmd/concors/internal/stacks/vite"
	"github.com/concors/concors/cmd/concors/internal/stacks/webpack"
	"github.com/concors/concors/cors/routes"
)

// All returns the stacks that policies are written for, sorted by name.
func All() []recipe.Stack {
	return []recipe.Stack{
		apache.Stack, aspnet.Stack, awsapigateway.Stack, awss3.Stack, axum.Stack, caddy.Stack, django.Stack,
		echo.Stack, envoy.Stack, express.Stack, fastify.Stack, flask.Stack, gatewayapi.Stack, gin.Stack,
		haproxy.Stack, hono.Stack, ingressnginx.Stack, nethttp.Stack, next.Stack, nginx.Stack, php.Stack,
		spring.Stack, tomcat.Stack, traefik.Stack,
	}
}

// Shorts returns the short forms, sorted by name: a policy as people who use the product
// usually write it. One that has the name of a stack is that stack's usual form.
func Shorts() []recipe.Stack {
	return []recipe.Stack{
		actix.Short,
		apache.Short,
		aspnet.Short,
		awsapigateway.Short,
		awsapigatewayrest.Short,
		awscloudfront.Short,
		awslambdaurl.Short,
		awss3.Short,
		axum.Short,
		azureappservice.Short,
		caddy.Short,
		chi.Short,
		cloudflareworkers.Short,
		deno.Short,
		django.Short,
		echo.Short,
		envoy.Short,
		express.Short,
		fastapi.Short,
		fastify.Short,
		fiber.Short,
		firebasefunctions.Short,
		firebasehosting.Short,
		flask.Short,
		gatewayapi.Short,
		gin.Short,
		googlecloudstorage.Short,
		gorilla.Short,
		haproxy.Short,
		hono.Short,
		ingressnginx.Short,
		koa.Short,
		kong.Short,
		ktor.Short,
		laravel.Short,
		meteor.Short,
		micronaut.Short,
		nestjs.Short,
		nethttp.Short,
		netlify.Short,
		netlifyfunctions.Short,
		next.Short,
		nginx.Short,
		nuxt.Short,
		php.Short,
		quarkus.Short,
		rails.Short,
		rscors.Short,
		socketio.Short,
		spring.Short,
		springannotation.Short,
		springmvc.Short,
		supabase.Short,
		sveltekit.Short,
		symfony.Short,
		tomcat.Short,
		traefik.Short,
		vercel.Short,
		vite.Short,
	}
}

// Aliases returns the stacks that aliases are written for, sorted by name.
func Aliases() []recipe.Stack {
	return []recipe.Stack{angular.Alias, apache.Alias, caddy.Alias, next.Alias, nginx.Alias, vite.Alias, webpack.Alias}
}

// Secrets returns the stacks that routes with a secret are written for, sorted by name.
func Secrets() []recipe.Stack {
	return []recipe.Stack{caddy.Secret, cloudflareworkers.Secret, express.Secret, next.Secret, nginx.Secret}
}

// Write writes policies for the stack of this name. The error is as in [Find] or
// [recipe.Write].
func Write(policies routes.Policies, name string) (*recipe.Recipe, error) {
	s, err := Find(name)
	if err != nil {
		return nil, err
	}
	return recipe.Write(policies, s)
}

// WriteAlias writes an alias for the stack of this name. The error is as in
// [FindAlias] or [recipe.WriteAlias].
func WriteAlias(o recipe.AliasOptions, name string) (*recipe.Recipe, error) {
	s, err := FindAlias(name)
	if err != nil {
		return nil, err
	}
	return recipe.WriteAlias(o, s)
}

// WriteSecret writes a route with a secret for the stack of this name. The error is a
// *[cli.UsageError] or as in [recipe.WriteSecret].
func WriteSecret(o recipe.SecretOptions, name string) (*recipe.Recipe, error) {
	s, ok := find(Secrets(), name)
	if !ok {
		return nil, unknown(SecretChoice(), name)
	}
	return recipe.WriteSecret(o, s)
}

// WriteLines writes policies in the short form of this name. ok is false if the product
// has none. The error is as in [recipe.WriteLines].
func WriteLines(policies routes.Policies, name string) (lines *recipe.Lines, ok bool, err error) {
	s, ok := find(Shorts(), name)
	if !ok {
		return nil, false, nil
	}
	lines, err = recipe.WriteLines(policies, s)
	return lines, true, err
}

// WriteBrief does the same with [recipe.WriteBrief].
func WriteBrief(policies routes.Policies, name string) (lines *recipe.Lines, ok bool, err error) {
	s, ok := find(Shorts(), name)
	if !ok {
		return nil, false, nil
	}
	lines, err = recipe.WriteBrief(policies, s)
	return lines, true, err
}

// AlwaysAllows returns [recipe.Stack.AlwaysAllows] of the short form of this name.
func AlwaysAllows(name string) []string {
	s, _ := find(Shorts(), name)
	return s.AlwaysAllows
}

// LineOnErrors returns the line that makes the server of this name send
// Access-Control-Allow-Origin in error responses too. ok is false if its usual line does.
func LineOnErrors(name, origin string) (line string, ok bool) {
	s, _ := find(All(), name)
	if s.OnErrors == "" {
		return "", false
	}
	return fmt.Sprintf(s.OnErrors, strconv.Quote(origin)), true
}

// Known returns nil if there is a stack or a short form of this name, and otherwise the
// error of [Find].
func Known(name string) error {
	if _, ok := find(Shorts(), name); ok {
		return nil
	}
	_, err := Find(name)
	return err
}

// Find returns the stack of this name that policies are written for. The error is a
// *[cli.UsageError].
func Find(name string) (recipe.Stack, error) {
	s, ok := find(All(), name)
	if !ok {
		return s, unknown(Choice(), name)
	}
	return s, nil
}

// FindAlias returns the stack of this name that aliases are written for. The error is
// a *[cli.UsageError].
func FindAlias(name string) (recipe.Stack, error) {
	s, ok := find(Aliases(), name)
	if !ok {
		return s, unknown(AliasChoice(), name)
	}
	return s, nil
}

// find finds a stack by its name, or by another name of any stack or short form.
func find(stacks []recipe.Stack, name string) (s recipe.Stack, ok bool) {
	for _, s := range slices.Concat(All(), Shorts(), Aliases()) {
		if slices.Contains(s.Aliases, name) {
			name = s.Name
		}
	}
	i := slices.IndexFunc(stacks, func(s recipe.Stack) bool { return s.Name == name })
	if i < 0 {
		return s, false
	}
	return stacks[i], true
}
