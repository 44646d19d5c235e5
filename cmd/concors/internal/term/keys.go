package term

import "os"

// Keys returns the keys that are pressed on a terminal, each at once and without an
// echo, until restore is called, which the caller must do. Ctrl-C still interrupts.
// Keys is nil if the terminal does not allow that.
func Keys(in *os.File) (keys <-chan byte, restore func()) {
	restore, err := singleKeys(in)
	if err != nil {
		return nil, func() {}
	}
	pressed := make(chan byte)
	go func() {
		// It ends with the terminal, or with the program.
		defer close(pressed)
		for key := make([]byte, 1); ; {
			if _, err := in.Read(key); err != nil {
				return
			}
			pressed <- key[0]
		}
	}()
	return pressed, restore
}
