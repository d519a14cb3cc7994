// Surnames and places that medicine has made into words: of diseases, signs, scores, devices and operations. By themselves
// they name no patient. Written from general knowledge; lower case, without accents.

/** Words; the parts of a double eponym (Lambert-Eaton) stand here one by one. */
export const eponyms: ReadonlySet<string> = new Set(
  `aarskog abderhalden abrikossoff achenbach adamkiewicz addison adie adson aicardi albers albright alexander alice allen
allgrove allis alport alstrom alvarado alzheimer amsler amsterdam andersen anderson angelchik angelman apert apgar
apley argyll arnold aschoff asherman asperger astler auer auerbach austin avellis axenfeld babcock babinski baehr
bainbridge bair baker balfour balint ballard balthazar bamberger bancroft bankart bannayan banti bardet barlow barr
barre barrett barretts barth barthel bartholin bartlett barton bartter basedow bassen bateman bayes bazett bazex beck
becker beckwith behcet behr bekhterev bell belmont bence bennett berg berger bernard bernoulli bernstein berry
bethesda betke betz beurger bexley bezold biedl biermer biffl bigelow billroth binet bing biot birt bishop bitot bjork
blackfan blake blakemore blalock blatchford blom blount blumberg blumer boerhaave bohler bohr bookwalter borg bormann
borrmann bosniak boston bosworth bouchard boucher bourneville bouveret bovie bowditch bowen bowman boyce boyd boyden
brachmann brackmann braden bragard bragg braun braxton breslow bricker brill bristol broca brock broden brodie
bromberg brooke broviac browder brown browne bruce brucella brudzinski brugada brugia bruton bruxism buckley budd
buerger bulbar bunnell burch burkitt burow burton cabot cabrera caffey cajal calot campylobacter canadian canavan
canberra candida caplan caprini carlens carney caroli carpenter carroll cartwright carvallo castell castleman
castroviejo catterall celsius chadwick chagas chalasani charcot charles charlson chediak cheyne chiari chicago
chikungunya chilaiditi chopart christmas churg chvostek circe ciwa clark clarke claude cleveland clostridium cloward
cobb cochran cochrane cockayne cockcroft codman cogan cohn colle colles collet colorado conn connell conners connors
cooley coombs cooper cori cornell corrigan corti costello councill courvoisier cowden cowper crabtree creutzfeldt
crigler criglernajjar crimean crohn crohns cronkhite crosse crouzon cruveilhier cullen cushing dacosta dalton danis
darier davenport deauville deaver debakey debre degos dejerine delphi denis dennie dennis denver dercum descemet
desmarres devic dieulafoy digeorge dix dixon doege dohle donath donovan doppler dougados downs dravet dressler
drummond dubin dubois dubowitz duchenne duke dumdum duncan dunlop dupuytren duret durie durkan dutton dworak dwyer
eaton ebola ebstein eddowes edinburgh edmonton edward edwards ehlers eisenmenger ekbom ellis elsberg ely enneking
enzinger epley epstein epworth erb erbheim escherich evan evans ewing faber fabry fadir fahr fahrenheit fallopian
fallot fanconi farr fazekas feingold felty fenton ferguson ferriman ferris ficat fick fiedler filipowicz finkelstein
fischgold fisher fitz fitzhugh fitzpatrick flatau fleischer fleischner fleming flexner fogarty foley folfiri
folfirinox folfox fontan fontana forbes fordyce forestier forrest foster fothergill fournier foville fox framingham
francisella frank frankel frankenstein franseen freiberg frenchay frenkel frey friderichsen friedewald friedlander
friedreich froment frykman fuchs fuhrman fukuyama gaenslen gaisbock galeazzi galen gallie gallow gardner garre
gartland gartner gastaut gauss gell gelpi geneva gerber gerdy gerstmann gianotti giardia giemsa gilbert gilles
gillespie girdlestone gitelman glasgow gleason glenn glenohumeral goldberg goldblatt goldenhar goldmann golgi goligher
goodpasture goodsall gorlin gottron gowers graaf gradenigo graefe graf graham granger graves grawitz greenfield
griscelli groshong grover grynfeltt guedel guerin guillain gunn gunther gustilo guthrie guyon haab habb haemophilus
haglund hailey haldane hallervorden hallpike halstead hamilton hamman hampton hansen harrington harris harrison
hartmann hartnup hashimoto hashimotos hassall hassan hasselbalch hasson hausdorff havana haverhill hawkins hawthorne
heaf heberden hebra hegar heimlich heinz hellin helweg hemovac henderson henle henoch hering hermansky herrick herring
hertoghe heschl hess hesselbach heubner hickman higoumenakis hill hilton hinchey hippel hirschberg hirschsprung
histoplasma hodge hodgkin hodgkins hoehn hoffa hoffman hoffmann hohl hoke holmes holter homan homans hoover horner
hounsfield house howell howship hudson huhner hunt hunter huntingdon huntington hurst hutchinson hutchison ishihara
israel jaccoud jackson jacobs jacobson jacod jadassohn jaeger jaffe jakob jaksch jamestown janeway janz jarisch
jarjavay jatene jefferson jendrassik jervell jeune jewett jobe jod jones joubert judet kanavel kanner kaplan kaposi
kaposis karnofsky kartagener kasabach kasai kashin katz kawasaki kayser kearns kegel kehr keith kell keller kellgren
kelly kelvin kennedy kent kerley kernig kernohan kidner kienbock killian killip kim kimmelstiel kimura king kinsbourne
kirschner kitasato kjelland klatskin klebsiella kleihauer kleine klinefelter klippel klumpke knudson kobner koch
kocher koebner koeppe kohler kohlmeier koplik korner korotkoff korsakoff kostmann krabbe krause krukenberg kugelberg
kulchitsky kundrat kupffer kurtzke kuru kussmaul kutler kveim lachman laennec lafora laing lamb lambert lambl lance
landau landouzy landry lange langer langerhans lapidus laplace laron larrey larsen lasegue lassa lassegue latarjet
lauge lauren laurence laurin lawrence lawton leber ledderhose leeds lefort legg legionella leigh leiner leishman
lejeune lembert lemierre lenegre lennox lentigo leonard leopold leri leriche lermoyez lesch leser letournel letterer
levine levinson lewis lewy leyden leydig lhermitte libman lichtenberg liddle liddles liebermann likert lille lisch
lisfranc lister little littre lobstein locard loeffler loeys loffler lombard lou louis lovibond lown luc luciani
ludwig lugano lugol lund luschka lyell lyme lynch lyon mac macewen machado macleod maddox maddrey madelung magill
mahaim mahurkar mainz maisonneuve malecot mallampati mallinckrodt mallory malpighi manchester mandard mankin mantoux
marburg marchiafava marcus marek marey marfan marie marion marjolin marshall martin masaoka maslach mason masson
maudsley mauriceau mayfield mayo mazda mazzotti mcardle mcbride mcburney mccoy mccune mcdonald mcgill mcgonagle
mcgrath mcisaac mckenzie mckittrick mcmurray mcroberts meckel medina meibom meig meigs meissner mekong melkersson
melone mendel mendelson menetrier meniere menieres menkes menzies merkel merseburg mersilene metzenbaum meyer
meyerding michaelis micronesia mifflin mikulicz milan millard miller milligan milroy minamata minkowski mirizzi
mitrofanoff mitsuda mobitz modic moebius mohs monckeberg mondor monge monro monteggia montevideo montgomery montreal
morgagni moro morquio morrey morse morton moschcowitz mosler mosteller moynihan mucha muehrcke muller munchausen
munchmeyer munro murphy murray myerson naegele naffziger nager najjar neer negri neisseria nelson nesidio neufeld
neuhaus neuhauser newcastle nicoladoni niemann nikolsky nile nissen nissl noonan norton norwalk norwood nottingham
nuck nylen oakland ober obrien oddi ogden ogilvie ogura ohio okuda ollier olympus ommaya ondine oppenheim ormond
ortner ortolani osgood osgoode osler ostrum oswestry ota ottawa outerbridge owen owens owestry pacini paget pagets
palmer pancoast paneth panner panton papanicolaou papez pappenheim parinaud paris parkes parkinson parkinsons parkland
parks parvovirus pasteur pastia patau patrick paul pauwels payr pearson pecquet peirce pel pelger pellegrini pendred
penrose pereyra perlia permcath perthes peterson peutz peyer peyronie pezzer pfannenstiel pfeiffer pfirrmann phalen
philadelphia philly phren piaget pickwick pierre pipkin pirogoff pitres pittsburgh plummer poiseuille poland polya
pompe poncet ponseti pontiac pott potter potts pozzi prader pratt prehn preston pringle prinzmetal pritikin proteus
pseudomonas puestow pugh purkinje putti quant queckenstedt quervain quetelet quincke radovici raeder ramon ramsay
ramstedt rankin rankine ranson ranvier rapaport rasmussen rathke raynaud raynauds recklinghausen reed refsum regan
reichert reifenstein reil reitan reiter rendu rett reye reyes reynolds rhesus richardson richter rickett rickettsia
riedel rieger riehl riga riley rinne ritter rivermead riviere rochester rockall rokitansky rolando romano romberg rome
rorschach rosai rosen rosenbach rosenmuller rosenthal ross roth rothia rothmund roux rovsing roysing rubin rubinstein
rud rumack rumel runyon russe russell rutherford ruysch ryan sabin sabouraud sachs saethre sahli saint-jude salk
sampson sanchez sanders sandhoff sandifer sanfilippo santorini sarnoff saskatoon satinsky sattler savary schafer
schamberg scharf schatzker schatzki scheie scheinker scherer scheuermann schiff schilder schiller schilling
schimmelbusch schiotz schirmer schistosoma schlatter schlemm schmid schmidt schmorl schneider schober schonlein
schultz schwachman schwann schwartz segond seidel seldin seldinger semont sengstaken serratia sertoli severinghaus
sezary sharp sheehan shenton shiga shigella shiley shprintzen shulman shwachman sicard siewert silfverskiold silverman
simmond simmonds simpson sims sipple sipuleucel sjogren sjogrens skene skinner sluder smith snellen sokolow sommer
sotos southwick spearman spence spetzler spiegelberg spielmeyer spigelian spitz spitzer sprengel spurling stanford
stargardt starr steele stein steinberg steinbrocker steinert steinmann stellwag stensen sternberg stevens stewart
stierlin stokes strachan strayer strumpell struthers stuart sturge sudeck sugarbaker sugiura sunnybrook sutton swedish
sweet swyer sydenham syme symonds syringa tachdjian takahashi takayasu takotsubo talbot talma tarlov tarui taussig tay
taylor tenckhoff terry terson thessaly thiersch thomas thompson thomsen thomson thorel thorndike thudichum tiemann
tinel tinetti tinnetti todd tokyo tolosa torkildsen torres toto tourette tourettes tracy treacher treitz trendelenburg
treponema treves truelove truncus tullio turcot turcotte turner tyson udall uhl uhthoff ullrich ulysses unna valentino
valsalva vater vega velpeau venn veress verner vernet verneuil vibrio vichow vidal vienna vierordt vincent vinci
vineland virchow vitali vogel vogt volkmann von voorhoeve vrolik waardenburg wada wagner waldenstrom waldeyer walker
wallace wallenberg wallenstein warburg ward warner wartenberg warthin wassermann waterhouse waterlow waters waterston
watson webb weber webster wechsler wegener weibel weichselbaum weil weingarten weiss weitlaner welander welch wells
wenckebach werdnig werlhof wermer wermers werner wernicke wertheim west westergren westermark westley westphal wexner
wharton wheeler whipple white whitmore wickham wicklow widal wilkins willebrand willi williams willis wilms wilson
wilsons winters wiskott witkop witt wolf wolff wolkind wolman wong wood woods woronoff wright wuchereria wyburn xanthi
yahr yale yergason yersinia yocum young zahn zavanelli zeis zellweger zenker ziehl zieve zika zinn zollinger zubrod
zuckerkandl zung frank-starling paul-bunnell austin-flint louis-bar starling laplace poiseuille steell ganz huber ladd libman kernohan kellie monro sgarbossa mentzer gitelman liddle bartter`.split(
    /\s+/,
  ),
);
