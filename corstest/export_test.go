package corstest

// CheckIn is Check in some browsers, for fast tests.
var CheckIn = checkIn
