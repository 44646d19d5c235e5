package integration

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// tomcatMain serves each filter on its own port, around a servlet that passes all
// requests to the application.
const tomcatMain = `
import jakarta.servlet.Filter;
import jakarta.servlet.http.*;
import java.net.URI;
import java.net.http.*;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.*;

public class Main {
	static final HttpClient CLIENT = HttpClient.newHttpClient();

	public static void main(String[] args) throws Exception {
FILTERS
	}

	static void serve(String upstream, String name, Filter filter) throws Exception {
		Tomcat tomcat = new Tomcat();
		tomcat.setBaseDir(name);
		Connector connector = new Connector();
		connector.setPort(0);
		connector.setProperty("address", "127.0.0.1");
		tomcat.setConnector(connector);

		Context context = tomcat.addContext("", null);
		FilterDef definition = new FilterDef();
		definition.setFilterName("cors");
		definition.setFilter(filter);
		context.addFilterDef(definition);
		FilterMap map = new FilterMap();
		map.setFilterName("cors");
		map.addURLPattern("/*");
		context.addFilterMap(map);
		Tomcat.addServlet(context, "proxy", new HttpServlet() {
			@Override
			protected void service(HttpServletRequest request, HttpServletResponse response) throws java.io.IOException {
				String path = request.getRequestURI();
				if (path.equals("/throw")) {
					throw new IllegalStateException("the database is away");
				}
				try {
					HttpResponse<byte[]> upstreamResponse = CLIENT.send(
						HttpRequest.newBuilder(URI.create(upstream + path)).method(request.getMethod(), HttpRequest.BodyPublishers.noBody()).build(),
						HttpResponse.BodyHandlers.ofByteArray());
					response.setStatus(upstreamResponse.statusCode());
					upstreamResponse.headers().map().forEach((field, values) -> {
						if (!field.startsWith(":") && !field.equalsIgnoreCase("content-length") && !field.equalsIgnoreCase("date")) {
							values.forEach(value -> response.setHeader(field, value));
						}
					});
					response.getOutputStream().write(upstreamResponse.body());
				} catch (InterruptedException e) {
					throw new java.io.IOException(e);
				}
			}
		});
		context.addServletMappingDecoded("/", "proxy");
		tomcat.start();
		System.out.println(name + " http://127.0.0.1:" + connector.getLocalPort());
	}
}
`

// tomcatWithRecipes runs one Tomcat per policy, all in one process, because Java takes
// seconds to compile and to start.
func tomcatWithRecipes(t *testing.T, stack string) func(t *testing.T, r *recipe, upstream string) string {
	javac, java := need(t, "javac"), need(t, "java")
	const jars = "/usr/share/tomcat10/lib/*:/usr/share/tomcat10/bin/*"
	if _, err := os.Stat("/usr/share/tomcat10/lib/catalina.jar"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Tomcat is not installed, and with CI=true no test may be skipped")
		}
		t.Skip("Tomcat is not installed")
	}
	dir := tempDir(t)
	compile := exec.Command(javac, "-proc:none", "-cp", jars, "-d", dir)
	filters := map[string]string{} // by the text of a recipe
	var serve strings.Builder
	built := builtPolicies(t, stack)
	for i, p := range built {
		r := mustWriteRecipe(t, stack, p.text)
		name, text := fmt.Sprintf("Filter%d", i), r.file(t, "ConcorsFilter.java")
		filters[text] = name
		compile.Args = append(compile.Args, write(t, dir, name+".java", strings.ReplaceAll(text, "ConcorsFilter", name)))
		fmt.Fprintf(&serve, "serve(args[0], %q, new %s());\n", name, name)
	}
	compile.Args = append(compile.Args, write(t, dir, "Main.java", strings.Replace(tomcatMain, "FILTERS", serve.String(), 1)))
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compiling the recipes: %v\n%s", err, out)
	}
	p := start(t, dir, java, "-cp", dir+":"+jars, "Main", applicationWithCORS(t))
	printed := regexp.MustCompile(`(Filter\d+) (http://127\.0\.0\.1:\d+)\n`)
	if !p.wait(func() bool { return len(printed.FindAllString(p.output(), -1)) == len(built) }) {
		t.Fatalf("Tomcat did not start:\n%s", p.output())
	}
	urls := map[string]string{}
	for _, line := range printed.FindAllStringSubmatch(p.output(), -1) {
		urls[line[1]] = line[2]
	}
	return func(t *testing.T, r *recipe, _ string) string {
		versionIs(t, r, java, "-cp", jars, "org.apache.catalina.util.ServerInfo")
		url := urls[filters[r.file(t, "ConcorsFilter.java")]]
		exceptionHasCORS(t, url)
		return url
	}
}
