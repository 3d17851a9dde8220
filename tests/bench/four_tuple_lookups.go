// A Go map from pairs of netip.AddrPort to numbers, for the bench of the four-tuple table.
//
// It reads, as 32-bit numbers in this machine's order: how many entries and how many queries there
// are, then three words for each, as four_tuple_table_bench.ts lays them out. Then it prints the bytes
// that an entry takes, and for each line that it reads the sum of what it found and the milliseconds
// that the look-ups took.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"runtime"
	"time"
)

type fourTuple struct{ local, remote netip.AddrPort }

func tupleAt(words []uint32) fourTuple {
	return fourTuple{
		netip.AddrPortFrom(address(words[0]), uint16(words[2]>>16)),
		netip.AddrPortFrom(address(words[1]), uint16(words[2])),
	}
}

func address(word uint32) netip.Addr {
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], word)
	return netip.AddrFrom4(bytes)
}

func usedBytes() uint64 {
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

func main() {
	input := bufio.NewReader(os.Stdin)
	read := func(count int) []uint32 {
		bytes := make([]byte, 4*count)
		if _, err := io.ReadFull(input, bytes); err != nil {
			log.Fatal(err)
		}
		words := make([]uint32, count)
		for at := range words {
			words[at] = binary.NativeEndian.Uint32(bytes[4*at:])
		}
		return words
	}
	counts := read(2)
	entries, queries := read(3*int(counts[0])), read(3*int(counts[1]))

	before := usedBytes()
	table := make(map[fourTuple]uint32)
	for at := 0; at < len(entries); at += 3 {
		table[tupleAt(entries[at:])] = uint32(at / 3)
	}
	fmt.Println(float64(usedBytes()-before) / float64(counts[0]))

	for {
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
		started := time.Now()
		var sum uint64
		for at := 0; at < len(queries); at += 3 {
			sum += uint64(table[tupleAt(queries[at:])])
		}
		fmt.Println(sum, float64(time.Since(started).Nanoseconds())/1e6)
	}
}
