package sop

// showsError reports whether the page sees an error of a script whose errors are muted.
func (q quirks) showsError(d *Decision, kind ErrorKind) bool {
	switch kind {
	case ThrownError, TimerError:
		return q.departs(d, ThrownErrorsShown)
	case Rejection:
		return q.departs(d, RejectionsShown)
	}
	return false
}

// mutesCORSError reports whether an error is muted although CORS allows the page to read the script.
func (q quirks) mutesCORSError(d *Decision, s ScriptError) bool {
	return s.Kind == TimerError && s.OtherOrigin && q.departs(d, TimerErrorsMuted)
}

// workerThrows reports whether the constructor throws for a script of another origin.
func (q quirks) workerThrows(d *Decision) bool { return q.departs(d, WorkerConstructorThrows) }

// sharedWorkerNeedsTupleOrigin reports whether a document with an opaque origin cannot have
// shared workers.
func (q quirks) sharedWorkerNeedsTupleOrigin(d *Decision) bool {
	return q.departs(d, SharedWorkerNeedsTupleOrigin)
}
