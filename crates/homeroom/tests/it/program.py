"""A program that publishes into a lesson (WHIP) or plays it (WHEP), with WebRTC code that is not ours.

    program.py publish URL TOKEN HZ     hums HZ and shows a film
    program.py play URL TOKEN           says what it sees and hears
    program.py ask URL TOKEN            tries what may go wrong, and says each answer's status

Says what happens as one JSON object a line; does what comes in as lines: restart, delete.
Invariant: everything said was seen on the wire or decoded; nothing is assumed.
"""

import asyncio
import fractions
import json
import random
import re
import string
import sys
import time

import aiohttp
import aioice.ice
import av
import numpy
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

RATE = 48_000
SAMPLES = 960
FRAMES_PER_SECOND = 15
FRAGMENT = "application/trickle-ice-sdpfrag"

# The lesson is on this machine, and consent is looked at often enough for a test to see it lost.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
aioice.ice.CONSENT_INTERVAL = 0.5
aioice.ice.CONSENT_FAILURES = 4


def say(**what):
    print(json.dumps(what), flush=True)


class Clocked(MediaStreamTrack):
    """A track whose frames come at their time."""

    def __init__(self, step, rate):
        super().__init__()
        self.began, self.at, self.step, self.rate = time.time(), 0, step, rate

    async def next(self):
        self.at += self.step
        wait = self.began + self.at / self.rate - time.time()
        await asyncio.sleep(max(0, wait))
        return self.at


class Hum(Clocked):
    kind = "audio"

    def __init__(self, hz):
        super().__init__(SAMPLES, RATE)
        turn = numpy.arange(SAMPLES) * hz * 2 * numpy.pi / RATE
        wave = (numpy.sin(turn) * 8_000).astype(numpy.int16)
        self.wave = wave.reshape(1, -1)

    async def recv(self):
        at = await self.next()
        frame = av.AudioFrame.from_ndarray(self.wave, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, at
        frame.time_base = fractions.Fraction(1, RATE)
        return frame


class Film(Clocked):
    kind = "video"

    def __init__(self):
        super().__init__(1, FRAMES_PER_SECOND)

    async def recv(self):
        at = await self.next()
        picture = numpy.full((180, 320, 3), at * 5 % 256, dtype=numpy.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = at
        frame.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
        return frame


class Program:
    def __init__(self, http, url, token):
        self.http, self.url, self.token = http, url, token
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.resource = self.etag = None

    def headers(self, **more):
        names = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **names}

    async def begin(self):
        """Posts the offer; the status, and with 201 the session is on its way."""
        await self.peer.setLocalDescription(await self.peer.createOffer())
        offer = self.peer.localDescription.sdp
        headers = self.headers(Content_Type="application/sdp")
        async with self.http.post(self.url, data=offer, headers=headers) as answer:
            text = await answer.text()
            if answer.status != 201:
                return answer.status, text
            assert answer.content_type == "application/sdp", answer.content_type
            self.resource = str(answer.url.join(aiohttp.client.URL(answer.headers["Location"])))
            self.etag = answer.headers["ETag"]
        await self.peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
        return 201, None

    async def change(self, text, tag, kind=FRAGMENT, **more):
        """PATCHes the session; status, ETag and body."""
        headers = self.headers(Content_Type=kind, **more)
        if tag:
            headers["If-Match"] = tag
        async with self.http.patch(self.resource, data=text, headers=headers) as answer:
            return answer.status, answer.headers.get("ETag"), await answer.text()

    async def restart(self):
        """An ICE restart: the same keys under new credentials, on the same path."""
        ufrag, pwd = word(8), word(24)
        fragment = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"
        status, etag, text = await self.change(fragment, "*")
        if status == 200:
            transports = {t.sender.transport.transport for t in self.peer.getTransceivers()}
            for transport in transports:
                ice = transport._connection
                ice.local_username, ice.local_password = ufrag, pwd
                ice.remote_username = re.search("a=ice-ufrag:(\\S+)", text)[1]
                ice.remote_password = re.search("a=ice-pwd:(\\S+)", text)[1]
            assert etag and etag != self.etag, (etag, self.etag)
            self.etag = etag
        return status

    async def delete(self):
        async with self.http.delete(self.resource, headers=self.headers()) as answer:
            return answer.status

    async def obey(self, lines):
        """Does what comes in until it is told to delete."""
        while line := (await lines.readline()).decode().strip():
            if line == "restart":
                say(restarted=await self.restart())
            elif line == "delete":
                say(deleted=await self.delete())
                return


def word(length):
    return "".join(random.choices(string.ascii_letters, k=length))


async def publish(program, hz):
    program.peer.addTrack(Hum(int(hz)))
    program.peer.addTrack(Film())
    return await program.begin()


async def play(program):
    program.peer.addTransceiver("audio", direction="recvonly")
    program.peer.addTransceiver("video", direction="recvonly")
    seen = {"frames": 0, "height": 0, "sounds": 0, "hz": 0}

    async def look(track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return  # The lesson, or our part in it, is over.
            if track.kind == "video":
                seen["frames"] += 1
                seen["height"] = frame.height
            else:
                samples = frame.to_ndarray().reshape(-1, 2)[:, 0]
                loudest = numpy.argmax(numpy.abs(numpy.fft.rfft(samples)))
                seen["sounds"] += 1
                seen["hz"] = int(loudest * RATE / len(samples))

    async def tell():
        while True:
            say(**seen)
            await asyncio.sleep(0.2)

    looks = []
    program.peer.on("track", lambda track: looks.append(asyncio.ensure_future(look(track))))
    program.telling = asyncio.ensure_future(tell())
    return await program.begin()


async def ask(http, url, token):
    """Every answer that RFC 9725 speaks of, as name → status."""
    said = {}

    async def request(name, method, at=url, token=token, kind="application/sdp", data=None, **more):
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if kind:
            headers["Content-Type"] = kind
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with http.request(method, at, data=data, headers=headers) as answer:
            said[name] = answer.status
            return answer.headers

    program = Program(http, url, token)
    program.peer.addTrack(Hum(400))
    await program.peer.setLocalDescription(await program.peer.createOffer())
    offer = program.peer.localDescription.sdp
    lines = offer[offer.index("m=") :]
    session = offer[: offer.index("m=")]
    twice = session.replace("BUNDLE 0", "BUNDLE 0 1") + lines + lines.replace("a=mid:0", "a=mid:1")
    headers = await request("no token", "POST", token=None, data=offer)
    assert headers["WWW-Authenticate"] == "Bearer", headers
    await request("wrong token", "POST", token="0" * 32, data=offer)
    await request("wrong type", "POST", kind="text/plain", data=offer)
    elsewhere = url.rsplit("/", 1)[0]
    await request("no such lesson", "POST", at=f"{elsewhere}/222222222", data=offer)
    await request("not a code", "POST", at=f"{elsewhere}/x", data=offer)
    await request("not SDP", "POST", data="hello")
    await request("two voices", "POST", data=twice)
    await request("nothing", "POST", data=session)
    await request("no codec", "POST", data=offer.replace("opus/48000/2", "speex/48000/2"))
    await request("too long", "POST", data="v=0\r\n" + "a=x\r\n" * 60_000)
    await request("blank name", "POST", at=f"{url}?name=%20", data=offer)
    headers = await request("options", "OPTIONS", token=None, kind=None, Origin="https://a.example")
    assert headers["Accept-Post"] == "application/sdp", headers
    assert headers["Access-Control-Allow-Origin"] == "*", headers
    assert "POST" in headers["Access-Control-Allow-Methods"], headers
    await request("get", "GET")
    await request("put", "PUT")

    said["begin"], _ = await program.begin()
    at, tag = program.resource, program.etag
    candidate = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    candidate += "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
    said["no condition"] = (await program.change(candidate, None))[0]
    said["outdated"] = (await program.change(candidate, '"x"'))[0]
    said["wrong fragment type"] = (await program.change(candidate, tag, kind="text/plain"))[0]
    said["not a fragment"] = (await program.change("hello", tag))[0]
    said["half of credentials"] = (await program.change("a=ice-ufrag:abcd\r\n", tag))[0]
    said["too long fragment"] = (await program.change("a=x\r\n" * 4_000, tag))[0]
    said["trickle"], etag, text = await program.change(candidate, tag)
    assert etag is None and text == "", (etag, text)
    said["restart"] = await program.restart()
    said["after a restart"] = (await program.change(candidate, tag))[0]
    said["the new tag"] = (await program.change(candidate, program.etag))[0]
    change = lambda: program.change(candidate, program.etag)
    many = await asyncio.gather(*(change() for _ in range(40)))
    said["too many changes"] = max(status for status, *_ in many)
    await request("foreign change", "PATCH", at=at, token="0" * 32, kind=FRAGMENT, If_Match=tag)
    await request("foreign end", "DELETE", at=at, token="0" * 32)
    await request("the other way", "DELETE", at=at.replace("/whip/", "/whep/"))
    await request("session get", "GET", at=at)
    await request("session post", "POST", at=at, data=offer)
    await request("end", "DELETE", at=at, If_Match='"x"')
    await request("end again", "DELETE", at=at)
    said["change after the end"] = (await program.change(candidate, "*"))[0]
    await program.peer.close()
    return said


async def main(what, url, token, *rest):
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as http:
        if what == "ask":
            return say(**await ask(http, url, token))
        program = Program(http, url, token)
        state = lambda: say(state=program.peer.connectionState)
        program.peer.on("connectionstatechange", state)
        does = publish if what == "publish" else play
        status, text = await does(program, *rest)
        say(status=status, text=text)
        if status == 201:
            await program.obey(lines)
        await program.peer.close()


asyncio.run(main(*sys.argv[1:]))
