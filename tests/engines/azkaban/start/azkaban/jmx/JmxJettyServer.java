package azkaban.jmx;

import org.mortbay.jetty.Connector;
import org.mortbay.jetty.Server;

/**
 * Comes before Azkaban's class of this name in the class path. Azkaban 2.5.0 has no setting for the
 * address that it listens on, and its executor asks nobody for a password. It registers this bean for
 * both of its servers after their ports are set and before they start: the moment to keep them on
 * loopback.
 */
public class JmxJettyServer implements JmxJettyServerMBean {
  public JmxJettyServer(Server server) {
    for (Connector connector : server.getConnectors()) connector.setHost("127.0.0.1");
  }
}
