package mime

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// headerLength is the number of bytes that the MIME Sniffing standard looks at. The longest MP3 frame
// and the header of the next one fit into it.
// See https://mimesniff.spec.whatwg.org/#reading-the-resource-header.
const headerLength = 1445

func resourceHeader(b []byte) []byte { return b[:min(len(b), headerLength)] }

// pattern is a row of one of the standard's tables. "." in bytes stands for any byte, in place of the
// standard's masks. No pattern contains the byte 0x2E itself.
type pattern struct {
	bytes, mimeType string
}

// match returns the MIME type of the first pattern that b starts with, or "".
// See https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern.
func match(b []byte, patterns []pattern) string {
	for _, p := range patterns {
		if p.matches(b) {
			return p.mimeType
		}
	}
	return ""
}

func (p pattern) matches(b []byte) bool {
	if len(b) < len(p.bytes) {
		return false
	}
	for i := range len(p.bytes) {
		if p.bytes[i] != '.' && p.bytes[i] != b[i] {
			return false
		}
	}
	return true
}

// SniffImage returns the MIME type of the image that b starts with, or "" if b does not start with an
// image in a format of the standard. SVG and AVIF are not among them.
// See https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern.
func SniffImage(b []byte) string { return match(b, imagePatterns) }

var imagePatterns = []pattern{
	{"\x00\x00\x01\x00", "image/x-icon"}, // icon
	{"\x00\x00\x02\x00", "image/x-icon"}, // cursor
	{"BM", "image/bmp"},
	{"GIF87a", "image/gif"},
	{"GIF89a", "image/gif"},
	{"RIFF....WEBPVP", "image/webp"},
	{"\x89PNG\r\n\x1A\n", "image/png"},
	{"\xFF\xD8\xFF", "image/jpeg"},
}

// SniffAudioVideo returns the MIME type of the audio or video that b starts with, or "".
// See https://mimesniff.spec.whatwg.org/#matching-an-audio-or-video-type-pattern.
func SniffAudioVideo(b []byte) string {
	b = resourceHeader(b)
	if t := match(b, audioVideoPatterns); t != "" {
		return t
	}
	switch {
	case isMP4(b):
		return "video/mp4"
	case isWebM(b):
		return "video/webm"
	case isMP3(b):
		return "audio/mpeg"
	}
	return ""
}

var audioVideoPatterns = []pattern{
	{"FORM....AIFF", "audio/aiff"},
	{"ID3", "audio/mpeg"},
	{"OggS\x00", "application/ogg"},
	{"MThd\x00\x00\x00\x06", "audio/midi"},
	{"RIFF....AVI ", "video/avi"},
	{"RIFF....WAVE", "audio/wave"},
}

// isMP4 implements https://mimesniff.spec.whatwg.org/#signature-for-mp4. An MP4 file starts with a box
// named ftyp that lists the file's brands. One of them must begin with "mp4".
func isMP4(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	size := binary.BigEndian.Uint32(b)
	if uint64(size) > uint64(len(b)) || size%4 != 0 {
		return false
	}
	if string(b[4:8]) != "ftyp" {
		return false
	}
	if string(b[8:11]) == "mp4" {
		return true
	}
	for i := 16; i < int(size); i += 4 { // bytes 12 to 15 are the version of the first brand
		if string(b[i:i+3]) == "mp4" {
			return true
		}
	}
	return false
}

// isWebM implements https://mimesniff.spec.whatwg.org/#signature-for-webm. A WebM file is EBML with a
// DocType element (0x4282, a length, and a string that zeros may precede) of "webm".
func isWebM(b []byte) bool {
	if len(b) < 4 || string(b[:4]) != "\x1A\x45\xDF\xA3" {
		return false
	}
	for i := 4; i < len(b)-1 && i < 38; i++ {
		if b[i] != 0x42 || b[i+1] != 0x82 {
			continue
		}
		i += 2
		if i >= len(b) {
			return false
		}
		i += vintSize(b[i])
		if i >= len(b)-4 {
			return false
		}
		if bytes.HasPrefix(bytes.TrimLeft(b[i:], "\x00"), []byte("webm")) {
			return true
		}
	}
	return false
}

// vintSize returns the number of bytes of an EBML number, which the leading zeros of its first byte
// encode. See https://mimesniff.spec.whatwg.org/#parse-a-vint.
func vintSize(first byte) int { return min(bits.LeadingZeros8(first)+1, 8) }

// isMP3 implements https://mimesniff.spec.whatwg.org/#signature-for-mp3-without-id3. There must be two
// frame headers, one frame apart, because the four bytes of one header are too easily found by chance.
func isMP3(b []byte) bool {
	size, ok := mp3FrameSize(b)
	if !ok || size < 4 || size > len(b) {
		return false
	}
	_, ok = mp3FrameSize(b[size:])
	return ok
}

// mp3FrameSize returns the size of the MP3 frame whose header b starts with.
//
// It follows the MP3 format where the standard's text differs from it: the text swaps the two tables of
// bit rates, accepts half of the sync pattern, and has only the sample rates of MPEG-1.
func mp3FrameSize(b []byte) (int, bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 {
		return 0, false
	}
	const (
		mpeg25, reserved, mpeg2, mpeg1 = 0, 1, 2, 3
		layerIII                       = 1
	)
	version := b[1] >> 3 & 3
	layer := b[1] >> 1 & 3
	bitrateIndex := b[2] >> 4
	sampleRateIndex := b[2] >> 2 & 3
	padding := int(b[2] >> 1 & 1)
	if version == reserved || layer != layerIII || bitrateIndex == 15 || sampleRateIndex == 3 {
		return 0, false
	}
	sampleRate := mp3SampleRates[sampleRateIndex]
	switch version {
	case mpeg1:
		return mp3Bitrates[bitrateIndex]*144/sampleRate + padding, true
	case mpeg2:
		sampleRate /= 2
	case mpeg25:
		sampleRate /= 4
	}
	return mp25Bitrates[bitrateIndex]*72/sampleRate + padding, true
}

// The standard's tables mp3-rates, mp2.5-rates and sample-rate, in bits and samples per second.
var (
	mp3Bitrates = [15]int{0, 32000, 40000, 48000, 56000, 64000, 80000, 96000,
		112000, 128000, 160000, 192000, 224000, 256000, 320000}
	mp25Bitrates = [15]int{0, 8000, 16000, 24000, 32000, 40000, 48000, 56000,
		64000, 80000, 96000, 112000, 128000, 144000, 160000}
	mp3SampleRates = [3]int{44100, 48000, 32000}
)

// SniffFont returns the MIME type of the font that b starts with, or "".
// See https://mimesniff.spec.whatwg.org/#matching-a-font-type-pattern.
func SniffFont(b []byte) string { return match(b, fontPatterns) }

var fontPatterns = []pattern{
	{"..................................LP", "application/vnd.ms-fontobject"}, // 34 bytes before LP
	{"\x00\x01\x00\x00", "font/ttf"},
	{"OTTO", "font/otf"},
	{"ttcf", "font/collection"},
	{"wOFF", "font/woff"},
	{"wOF2", "font/woff2"},
}
