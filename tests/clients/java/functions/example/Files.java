package example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tries to write where a function may and where it may not. */
class Files {
  Map<String, Object> tryAll() {
    Map<String, Object> tried = new LinkedHashMap<>();
    tried.put("temporary", write(Path.of(System.getProperty("java.io.tmpdir"), "ä")));
    tried.put("code", write(Path.of(System.getProperty("user.dir"), "written")));
    return tried;
  }

  private boolean write(Path path) {
    try {
      java.nio.file.Files.writeString(path, "written");
      return true;
    } catch (IOException error) {
      return false;
    }
  }
}
