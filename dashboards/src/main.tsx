import { render } from "preact";
import { App } from "./app";
import "uplot/dist/uPlot.min.css";
import "./colours.css";
import "./base.css";
import "./head.css";
import "./pieces.css";
import "./page.css";
import "./province.css";
import "./incident.css";
import "./unit.css";
import "./narrow.css";

const root = document.getElementById("app");
if (root) render(<App />, root);
