# A server that follows a script, for the unit tests: a broker, or a dserv. Its arguments are the
# port (0: a free one), and how long to wait before it opens it. The first line of its input is a
# list in UTF-8 and base64, with the steps of each connection in the order in which they come:
#
#   hear             a line comes
#   frame            a script comes in dserv's frame
#   say TEXT         these bytes are sent
#   frames TEXT      this is sent in dserv's frame, byte by byte
#   raw HEX          these bytes are sent
#   always TEXT      from here on this answers every line
#   pause MS
#   close            (else the connection stays open)
#
# Prints its port, and then what it hears, a line each. Ends when its standard input does.

proc serve {sock} {
    global scripts
    set scripts [lassign $scripts steps]
    fconfigure $sock -translation binary -blocking 0
    if {$steps eq ""} { heard "one connection too many"; close $sock; return }
    coroutine serve_$sock follow $sock $steps
}

proc follow {sock steps} {
    foreach {verb argument} $steps {
        switch $verb {
            hear { heard [take_line $sock] }
            frame {
                binary scan [take $sock 4] Iu size
                set script [encoding convertfrom utf-8 [take $sock $size]]
                heard [expr {$size < 100 ? $script : "a script of $size bytes"}]
            }
            say { puts -nonewline $sock [encoding convertto utf-8 $argument]; flush $sock }
            frames {
                set bytes [encoding convertto utf-8 $argument]
                foreach byte [split [binary format Ia* [string length $bytes] $bytes] ""] {
                    puts -nonewline $sock $byte
                    flush $sock
                }
            }
            always {
                while {[set line [take_line $sock]] ne "(hung up)"} {
                    heard $line
                    puts -nonewline $sock $argument
                    flush $sock
                }
            }
            raw { puts -nonewline $sock [binary format H* $argument]; flush $sock }
            pause { after $argument [info coroutine]; yield }
            close { close $sock; return }
        }
    }
}

proc heard {text} {
    puts [encoding convertto utf-8 $text]
    flush stdout
}

proc take_line {sock} {
    while {[gets $sock line] < 0} {
        if {[eof $sock]} { return "(hung up)" }
        await $sock
    }
    return [encoding convertfrom utf-8 $line]
}

proc take {sock size} {
    set bytes ""
    while {[string length $bytes] < $size && ![eof $sock]} {
        append bytes [read $sock [expr {$size - [string length $bytes]}]]
        if {[string length $bytes] < $size} { await $sock }
    }
    return $bytes
}

proc await {sock} {
    fileevent $sock readable [info coroutine]
    yield
    fileevent $sock readable ""
}

lassign $argv port later
set scripts [encoding convertfrom utf-8 [binary decode base64 [gets stdin]]]
fconfigure stdout -translation binary
fconfigure stdin -blocking 0
fileevent stdin readable { read stdin; if {[eof stdin]} exit }
proc accept {sock args} { after 0 [list serve $sock] }
if {$later} {
    puts $port
    flush stdout
    after $later { socket -server accept -myaddr 127.0.0.1 $port }
} else {
    puts [lindex [fconfigure [socket -server accept -myaddr 127.0.0.1 $port] -sockname] 2]
    flush stdout
}
vwait forever
