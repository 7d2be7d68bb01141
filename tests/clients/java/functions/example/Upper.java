package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;

/** A handler of the interface RequestStreamHandler: bytes in, bytes out. */
public class Upper implements RequestStreamHandler {
  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    String text = new String(input.readAllBytes(), "UTF-8");
    output.write(text.toUpperCase(Locale.ROOT).getBytes("UTF-8"));
  }
}
