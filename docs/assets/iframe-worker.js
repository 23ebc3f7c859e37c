/*
 * Search in pages that are read from files. Browsers start no Worker from file: addresses, so there an invisible frame plays one:
 * it runs the same script, and messages go between the windows. On a server nothing here does anything.
 */
(function () {
  if (location.protocol !== "file:") return;

  class FrameWorker extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      document.body.appendChild(frame);
      this.inside = frame.contentWindow;

      const page = this.inside.document;
      page.open();
      page.write("<!doctype html><html><body></body></html>");
      page.close();

      // What the script finds in a Worker: messages to the page, and scripts to load, here one after another.
      const load = (address) =>
        new Promise((done, failed) => {
          const script = page.createElement("script");
          script.src = address;
          script.onload = done;
          script.onerror = failed;
          page.body.appendChild(script);
        });
      this.inside.postMessage = (data) => this.answer(data);
      this.inside.importScripts = (...addresses) => addresses.reduce((before, next) => before.then(() => load(next)), Promise.resolve());
      this.ready = load(new URL(url, location.href).href);
    }

    answer(data) {
      const message = new MessageEvent("message", { data });
      this.dispatchEvent(message);
      if (this.onmessage) this.onmessage(message);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data })));
    }

    terminate() {
      this.inside.frameElement.remove();
    }
  }

  window.Worker = FrameWorker;
})();
