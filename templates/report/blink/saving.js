/* Where a verdict goes: straight into the library where the browser may write there, else a download. */
class Saving {
  constructor(page) {
    this.page = page;
    this.home = null;
  }

  static mayChoose() {
    return typeof window.showDirectoryPicker === "function";
  }

  /* Ask for the library, or the folder for verdicts in it; throws a sentence. */
  async choose() {
    const picked = await window.showDirectoryPicker({ id: "nightbuild", mode: "readwrite" });
    this.home = await this.homeIn(picked);
  }

  async homeIn(picked) {
    const parts = this.page.verdictHome.split("/");
    if (picked.name === parts[parts.length - 1]) return picked;
    let id = null;
    try {
      const file = await (await picked.getFileHandle(".nightbuild-library")).getFile();
      id = JSON.parse(await file.text()).library;
    } catch {
      throw new Error(`${picked.name} is not the library: choose the library's folder, or ${this.page.verdictHome} in it.`);
    }
    if (id !== this.page.library) throw new Error(`${picked.name} is another library than the one these frames lie in.`);
    let folder = picked;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
    return folder;
  }

  /* Save, and say where it lies. */
  async save(name, text) {
    if (this.home) {
      try {
        return `Saved as ${await writeNew(this.home, name, text)} in ${this.page.verdictHome}: run doit.`;
      } catch {
        this.home = null; // taken away, or no longer allowed
      }
    }
    download(name, text);
    return `Downloaded as ${name}: put it into ${this.page.verdictHome} of the library, then run doit.`;
  }
}

/* Never over a verdict that lies there: both stay as they were said, and the later one speaks. */
async function writeNew(folder, name, text) {
  for (let number = 0; ; number++) {
    const free = number ? name.replace(/\.json$/, ` (${number}).json`) : name;
    if (await exists(folder, free)) continue;
    const file = await (await folder.getFileHandle(free, { create: true })).createWritable();
    await file.write(text);
    await file.close();
    return free;
  }
}

async function exists(folder, name) {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (error.name === "NotFoundError") return false;
    throw error;
  }
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
