package integration

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestSpringRecipesCompile compiles the recipes for Spring against the libraries that Debian has:
// Spring 4.3 with javax.servlet. They are not run, because a current Spring can't be installed from
// there, and its CorsProcessor is another one. The size that Java allows a method is among what this tests.
func TestSpringRecipesCompile(t *testing.T) {
	javac := need(t, "javac")
	const folder = "/usr/share/java/"
	jars := []string{"spring3-core.jar", "spring3-beans.jar", "spring3-context.jar", "spring3-web.jar", "servlet-api.jar"}
	for i, name := range jars {
		jars[i] = folder + name
		if _, err := os.Stat(jars[i]); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v, and with CI=true no test may be skipped", err)
			}
			t.Skip(err)
		}
	}
	dir := tempDir(t)
	compile := exec.Command(javac, "-J-Duser.language=en", "-proc:none", "-Xlint:all,-classfile,-serial,-path", "-Werror", "-cp", strings.Join(jars, ":"), "-d", dir)
	for i, p := range append(builtPolicies(t, "spring"), nodePolicies[0], nodePolicies[1]) {
		r := mustWriteRecipe(t, "spring", p.text)
		class := strings.TrimSuffix(r.Files[0].Name, ".java") // the filter, or the bean for a plain policy
		name := fmt.Sprintf("%s%d", class, i)
		text := strings.NewReplacer("class "+class, "class "+name, class+"()", name+"()", "jakarta.servlet", "javax.servlet").Replace(r.Files[0].Text)
		compile.Args = append(compile.Args, write(t, dir, name+".java", text))
	}
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compiling the recipes: %v\n%s", err, out)
	}
}
