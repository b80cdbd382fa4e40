package scroll

import tea "charm.land/bubbletea/v2"

// Motion is one step of navigation, whatever key asked for it.
type Motion int

// The motions, in the order of the console's table of keys.
const (
	None Motion = iota
	Down
	Up
	PageDown
	PageUp
	HalfDown
	HalfUp
	Home
	End
	Left
	Right
)

// Of returns the motion a key press means, None for every other key. Left and
// Right are horizontal scrolling (H, L and shift with an arrow): plain arrows
// and h, l belong to the widget.
func Of(k tea.KeyPressMsg) Motion {
	switch k.String() {
	case "j", "down":
		return Down
	case "k", "up":
		return Up
	case "pgdown", "ctrl+f":
		return PageDown
	case "pgup", "ctrl+b":
		return PageUp
	case "ctrl+d":
		return HalfDown
	case "ctrl+u":
		return HalfUp
	case "g", "home":
		return Home
	case "G", "end":
		return End
	case "H", "shift+left":
		return Left
	case "L", "shift+right":
		return Right
	}
	return None
}

// WheelStep is the number of rows one notch of the mouse wheel moves.
const WheelStep = 3

// OfWheel returns how many rows down (negative: up) and how many steps right
// (negative: left) a wheel message asks for.
func OfWheel(m tea.MouseWheelMsg) (rows, cols int) {
	switch m.Button {
	case tea.MouseWheelDown:
		return WheelStep, 0
	case tea.MouseWheelUp:
		return -WheelStep, 0
	case tea.MouseWheelRight:
		return 0, 1
	case tea.MouseWheelLeft:
		return 0, -1
	default:
		return 0, 0
	}
}
