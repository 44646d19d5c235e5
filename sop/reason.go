package sop

import "github.com/concors/concors/fetch/reason"

// A Reason is one rule of the same-origin policy that stopped an operation. The zero
// Reason means that nothing stopped it. What is known of each is a row of package reason.
type Reason = reason.SameOrigin

// The reasons. Their names are stable; their numbers and order mean nothing.
const (
	// document.domain.

	NoBrowsingContext  = reason.NoBrowsingContext
	DomainSandboxed    = reason.DomainSandboxed
	DomainOpaqueOrigin = reason.DomainOpaqueOrigin
	DomainNotSuffix    = reason.DomainNotSuffix
	DomainOriginKeyed  = reason.DomainOriginKeyed

	// Windows and frames.

	CrossOriginProperty = reason.CrossOriginProperty
	ContentNull         = reason.ContentNull
	WindowSevered       = reason.WindowSevered
	NotSameOriginScript = reason.NotSameOriginScript

	// Navigation.

	SandboxedNavigation    = reason.SandboxedNavigation
	SandboxedTopNavigation = reason.SandboxedTopNavigation
	SandboxedPopup         = reason.SandboxedPopup
	TopWithoutActivation   = reason.TopWithoutActivation
	UnrelatedFrame         = reason.UnrelatedFrame
	URLNotParsed           = reason.URLNotParsed
	URLNotRewritable       = reason.URLNotRewritable

	// Messages.

	TargetOriginInvalid  = reason.TargetOriginInvalid
	TargetOriginMismatch = reason.TargetOriginMismatch
	NotCloneable         = reason.NotCloneable
	OtherStorageKey      = reason.OtherStorageKey

	// Storage.

	OpaqueOriginStorage  = reason.OpaqueOriginStorage
	InsecureContext      = reason.InsecureContext
	OtherWindow          = reason.OtherWindow
	NoStorageAccess      = reason.NoStorageAccess
	OpaqueOriginCookies  = reason.OpaqueOriginCookies
	CookieAverse         = reason.CookieAverse
	NoSuchAPI            = reason.NoSuchAPI
	NotificationsInFrame = reason.NotificationsInFrame

	// Embeds.

	NotLoaded                  = reason.NotLoaded
	StatusNotOK                = reason.StatusNotOK
	NotAStyleSheet             = reason.NotAStyleSheet
	CORSCrossOrigin            = reason.CORSCrossOrigin
	CanvasTainted              = reason.CanvasTainted
	SheetNotOriginClean        = reason.SheetNotOriginClean
	XFrameOptions              = reason.XFrameOptions
	FrameAncestors             = reason.FrameAncestors
	FrameWithoutEmbedderPolicy = reason.FrameWithoutEmbedderPolicy
	ErrorsMuted                = reason.ErrorsMuted
	WorkerNotSameOrigin        = reason.WorkerNotSameOrigin
)

// Reasons returns all reasons.
func Reasons() []Reason { return reason.AllSameOrigin() }
