// Package lifecycle lets a component be started and stopped any number of times, from any goroutine, in any order.
package lifecycle

import "sync"

// Run is one life of a component. Start is called first; if it returns nil, Stop is called once.
type Run interface {
	// Start returns once the component works. After an error everything is closed again.
	Start() error
	// Interrupt makes a Start that is under way end early. It does not wait, and may be called at any time.
	Interrupt()
	// Interrupted reports whether Interrupt was called.
	Interrupted() bool
	// Stop returns once everything that Start started has ended.
	Stop() error
}

// Lives holds the run of a component, if it has one. Its zero value is stopped.
type Lives[R Run] struct {
	mu   sync.Mutex
	life *life[R]
}

type life[R Run] struct {
	run               R
	started, stopped  chan struct{}
	startErr, stopErr error
	stopping          bool // guarded by Lives.mu
}

// Current returns the run, also one that is just starting or stopping.
func (l *Lives[R]) Current() (run R, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life == nil {
		return run, false
	}
	return l.life.run, true
}

// Start starts the run that newRun makes, and returns when it has started. If there is one already it waits for that to
// have started, and returns what that came to; one that is just stopping it waits for, and begins after it.
func (l *Lives[R]) Start(newRun func() R) error {
	for {
		this, mine := l.claim(newRun)
		if mine {
			this.startErr = this.run.Start()
			if this.startErr != nil {
				l.forget(this)
				close(this.stopped)
			}
			close(this.started)
			return this.startErr
		}
		<-this.started
		if !this.run.Interrupted() {
			return this.startErr
		}
		<-this.stopped
	}
}

func (l *Lives[R]) claim(newRun func() R) (this *life[R], mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life != nil {
		return l.life, false
	}
	l.life = &life[R]{run: newRun(), started: make(chan struct{}), stopped: make(chan struct{})}
	return l.life, true
}

func (l *Lives[R]) forget(this *life[R]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life == this {
		l.life = nil
	}
}

// Stop stops the run and returns what that came to, to everybody who waits for it. Without a run it does nothing.
func (l *Lives[R]) Stop() error {
	l.mu.Lock()
	this := l.life
	mine := this != nil && !this.stopping
	if mine {
		this.stopping = true
	}
	l.mu.Unlock()
	if this == nil {
		return nil
	}
	if mine {
		this.run.Interrupt()
		<-this.started
		if this.startErr == nil {
			this.stopErr = this.run.Stop()
			l.forget(this)
			close(this.stopped)
		}
	}
	<-this.stopped
	return this.stopErr
}
