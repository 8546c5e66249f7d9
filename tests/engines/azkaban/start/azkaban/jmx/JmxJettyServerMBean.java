package azkaban.jmx;

/** Of the bean that this replaces nothing is asked here. */
public interface JmxJettyServerMBean {}
