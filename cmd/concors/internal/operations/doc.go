// Package operations finds the operations of an OpenAPI document that pages
// cannot use, because a policy, a live server or the browser itself is in the way.
//
// needs.go turns an operation into questions, one for each thing that a page needs
// for it, and package probe sends them to a simulation of the policy, to the
// server, or to both. problems.go reports what the page cannot do. policy.go finds
// the changes to the policy that fix it, and unneeded.go what the policy grants
// unnecessarily. report.go and text.go are the report.
package operations
